"""What models cost and how much they read. Written by ``tools/make_catalogue.py``; do not edit it here.

A line holds, between semicolons: ids; a pattern for further ids; the window in tokens; prices, from the present one on.
A price is the day from which it holds, then dollars for a million tokens of input, output, input read from the
cache and input written to it; after ``>N`` those for requests of more than N tokens, after ``@tier`` those of a
service tier.
"""

from __future__ import annotations

SOURCE = "genai-prices 0.2.3"
AS_OF = "2026-11-23"

ROWS = {
    "openai": r"""
ada text-ada-001;;; 0.4,0.4
babbage;;; 0.5,0.5
babbage-002;;; 0.4,0.4
chatgpt-4o-latest;;128000; 5,15
codex-mini codex-mini-latest;;200000; 1.5,6,0.375
;^computer\-use;8192; 3,12
curie text-curie-001;;; 2,2
davinci text-davinci-001;;; 20,20
davinci-002;;; 2,2
;^ft:gpt\-3\.5\-turbo;; 3,6
;^ft:gpt\-4o\-2024\-;; 3.75,15
;^ft:gpt\-4o\-mini\-2024\-;; 0.3,1.2
gpt-3.5-turbo-0301 gpt-3.5-0301;;; 1.5,2
gpt-3.5-turbo gpt-35-turbo gpt-3.5-turbo-0125;;16385; 0.5,1.5
gpt-3.5-turbo-0613;;16385; 1.5,2
gpt-3.5-turbo-1106;;16385; 1,2
gpt-3.5-turbo-16k gpt-3.5-turbo-16k-0613 gpt-35-turbo-16k-0613 gpt-35-turbo-16k;;16385; 3,4
gpt-3.5-turbo-instruct-0914;^gpt\-3\.5\-turbo\-instruct;16385; 1.5,2
gpt-4 gpt-4-0314 gpt-4-0613;^ft:gpt\-4\-0;8192; 30,60
gpt-4-32k gpt-4-32k-0314 gpt-4-32k-0613;;32000; 60,120
gpt-4-turbo gpt-4-turbo-2024-04-09 gpt-4-turbo-0125-preview gpt-4-0125-preview gpt-4-1106-preview gpt-4-turbo-preview;;128000; 10,30
gpt-4-vision-preview gpt-4-1106-vision-preview;;128000; 10,30
gpt-4.1 gpt-4.1-2025-04-14;;1000000; 2,8,0.5 @priority 3.5,14,0.875 @fast 3.5,14,0.875
gpt-4.1-mini gpt-4.1-mini-2025-04-14;;1000000; 0.4,1.6,0.1 @priority 0.7,2.8,0.175 @fast 0.7,2.8,0.175
gpt-4.1-nano gpt-4.1-nano-2025-04-14;;1000000; 0.1,0.4,0.025 @priority 0.2,0.8,0.05 @fast 0.2,0.8,0.05
;^gpt\-4\.5\-preview;; 75,150,37.5
gpt-4o gpt-4o-2024-08-06 gpt-4o-2024-11-20;;128000; 2.5,10,1.25 @priority 4.25,17,2.125 @fast 4.25,17,2.125
gpt-4o-2024-05-13;;128000; 5,15 @priority 8.75,26.25 @fast 8.75,26.25
gpt-4o-mini gpt-4o-mini-2024-07-18 gpt-4o-mini-search-preview gpt-4o-mini-search-preview-2025-03-11;;128000; 0.15,0.6,0.075 @priority 0.25,1,0.125 @fast 0.25,1,0.125
gpt-4o-search-preview gpt-4o-search-preview-2025-03-11;;128000; 2.5,10
gpt-4o:extended;;; 6,18
gpt-5 gpt-5-2025-08-07 gpt-5-chat gpt-5-chat-latest gpt-5-codex;;400000; 1.25,10,0.125 @flex 0.625,5,0.0625 @priority 2.5,20,0.25 @fast 2.5,20,0.25
gpt-5-mini gpt-5-mini-2025-08-07;;400000; 0.25,2,0.025 @flex 0.125,1,0.0125 @priority 0.45,3.6,0.045 @fast 0.45,3.6,0.045
gpt-5-nano;^gpt\-5\-nano\-;400000; 0.05,0.4,0.005 @flex 0.025,0.2,0.0025
gpt-5-pro gpt-5-pro-2025-10-06;;400000; 15,120
gpt-5-search-api;;; 1.25,10,0.125
gpt-5.1 gpt-5.1-2025-11-13 gpt-5.1-codex gpt-5.1-codex-max gpt-5.1-chat gpt-5.1-chat-latest gpt-5-1 gpt-5-1-2025-11-13 gpt-5-1-codex gpt-5-1-codex-max gpt-5-1-chat gpt-5-1-chat-latest;;400000; 1.25,10,0.125 @flex 0.625,5,0.0625 @priority 2.5,20,0.25 @fast 2.5,20,0.25
gpt-5.1-codex-mini gpt-5.1-mini gpt-5-1-codex-mini gpt-5-1-mini;;400000; 0.25,2,0.025
gpt-5.2 gpt-5.2-2025-12-11 gpt-5-2 gpt-5-2-2025-12-11 gpt-5.2-chat gpt-5.2-chat-latest gpt-5-2-chat gpt-5-2-chat-latest gpt-5.2-codex gpt-5-2-codex;;400000; 1.75,14,0.175 @flex 0.875,7,0.0875 @priority 3.5,28,0.35 @fast 3.5,28,0.35
gpt-5.2-pro gpt-5.2-pro-2025-12-11 gpt-5-2-pro-2025-12-11;;400000; 21,168
gpt-5.3 gpt-5-3 gpt-5.3-chat gpt-5.3-chat-latest gpt-5-3-chat gpt-5-3-chat-latest;;128000; 1.75,14,0.175
gpt-5.3-codex gpt-5-3-codex;;400000; 1.75,14,0.175 @priority 3.5,28,0.35 @fast 3.5,28,0.35
gpt-5.4 gpt-5.4-2026-03-05 gpt-5-4 gpt-5-4-2026-03-05;;1050000; 2.5,15,0.25 >272000 5,22.5,0.5 @flex 1.25,7.5,0.13 >272000 2.5,11.25,0.25 @priority 5,30,0.5 @fast 5,30,0.5
gpt-5.4-mini gpt-5.4-mini-2026-03-17 gpt-5-4-mini gpt-5-4-mini-2026-03-17;;400000; 0.75,4.5,0.075 @flex 0.375,2.25,0.0375 @priority 1.5,9,0.15 @fast 1.5,9,0.15
gpt-5.4-nano gpt-5.4-nano-2026-03-17 gpt-5-4-nano gpt-5-4-nano-2026-03-17;;400000; 0.2,1.25,0.02 @flex 0.1,0.625,0.01
gpt-5.4-pro gpt-5.4-pro-2026-03-05 gpt-5-4-pro gpt-5-4-pro-2026-03-05;;1050000; 30,180 >272000 60,270 @flex 15,90 >272000 30,135
gpt-5.5 gpt-5.5-2026-04-23 gpt-5.5-2026-04-24 gpt-5-5 gpt-5-5-2026-04-23 gpt-5-5-2026-04-24 gpt-5.5-chat gpt-5.5-chat-latest gpt-5-5-chat gpt-5-5-chat-latest gpt-5.5-codex gpt-5-5-codex;;1000000; 5,30,0.5 >272000 10,45,1 @flex 2.5,15,0.25 >272000 5,22.5,0.5 @priority 12.5,75,1.25 @fast 12.5,75,1.25
gpt-5.5-cyber;;;2026-10-19 12.5,75,1.25
gpt-5.5-pro gpt-5.5-pro-2026-04-23 gpt-5-5-pro gpt-5-5-pro-2026-04-23;;1000000; 30,180 >272000 60,270 @flex 15,90
gpt-5.6-cyber;;; 12.5,75,1.25,15.625
gpt-5.6-luna gpt-5-6-luna;^gpt-5\.6-luna-\d{4}-\d{2}-\d{2}$|^gpt-5-6-luna-\d{4}-\d{2}-\d{2}$;1050000;2026-07-30 0.2,1.2,0.02,0.25 >272000 0.4,1.8,0.04,0.5 @flex 0.1,0.6,0.01,0.125 >272000 0.2,0.9,0.02,0.25 @priority 0.4,2.4,0.04,0.5 >272000 0.8,3.6,0.08,1 @fast 0.4,2.4,0.04,0.5 >272000 0.8,3.6,0.08,1
gpt-5.6-sol gpt-5-6-sol gpt-5.6 gpt-5-6;^gpt-5\.6-sol-\d{4}-\d{2}-\d{2}$|^gpt-5-6-sol-\d{4}-\d{2}-\d{2}$;1050000;2026-08-21 4,20,0.4,5 >272000 8,30,0.8,10 @flex 2,10,0.2,2.5 >272000 4,15,0.4,5 @priority 8,40,0.8,10 >272000 16,60,1.6,20 @fast 8,40,0.8,10 >272000 16,60,1.6,20
gpt-5.6-terra gpt-5-6-terra;^gpt-5\.6-terra-\d{4}-\d{2}-\d{2}$|^gpt-5-6-terra-\d{4}-\d{2}-\d{2}$;1050000;2026-07-30 2,12,0.2,2.5 >272000 4,18,0.4,5 @flex 1,6,0.1,1.25 >272000 2,9,0.2,2.5 @priority 4,24,0.4,5 >272000 8,36,0.8,10 @fast 4,24,0.4,5 >272000 8,36,0.8,10
gpt-6-astra;^gpt-6-astra-\d{4}-\d{2}-\d{2}$;1050000; 10,50,1,12.5 >272000 20,75,2,25 @flex 5,25,0.5,6.25 >272000 10,37.5,1,12.5 @priority 20,100,2,25 >272000 40,150,4,50 @fast 20,100,2,25 >272000 40,150,4,50
gpt-6-cyber;;; 20,100,2,25
gpt-6-luna;^gpt-6-luna-\d{4}-\d{2}-\d{2}$;1050000; 0.1,0.5,0.01,0.125 >272000 0.2,0.75,0.02,0.25 @flex 0.05,0.25,0.005,0.0625 >272000 0.1,0.375,0.01,0.125 @priority 0.2,1,0.02,0.25 >272000 0.4,1.5,0.04,0.5 @fast 0.2,1,0.02,0.25 >272000 0.4,1.5,0.04,0.5
gpt-6-rosalind;;; 15,75,1.5,18.75 >272000 30,112.5,3,37.5
gpt-6-sol;^gpt-6-sol-\d{4}-\d{2}-\d{2}$;1050000; 2,10,0.2,2.5 >272000 4,15,0.4,5 @flex 1,5,0.1,1.25 >272000 2,7.5,0.2,2.5 @priority 4,20,0.4,5 >272000 8,30,0.8,10 @fast 4,20,0.4,5 >272000 8,30,0.8,10
gpt-6.1-sol;^gpt-6\.1-sol-\d{4}-\d{2}-\d{2}$;1050000; 2,10,0.1,2.5 >272000 4,15,0.2,5 @flex 1,5,0.05,1.25 >272000 2,7.5,0.1,2.5 @priority 4,20,0.2,5 >272000 8,30,0.4,10 @fast 4,20,0.2,5 >272000 8,30,0.4,10
gpt-6.1-terra;^gpt-6\.1-terra-\d{4}-\d{2}-\d{2}$;1050000; 1,5,0.05,1.25 >272000 2,7.5,0.1,2.5 @flex 0.5,2.5,0.025,0.625 >272000 1,3.75,0.05,1.25 @priority 2,10,0.1,2.5 >272000 4,15,0.2,5 @fast 2,10,0.1,2.5 >272000 4,15,0.2,5
gpt-chat-latest chat-latest;;; 5,30,0.5
gpt-oss-120b;;131072; 0.039,0.18
gpt-oss-20b;;131072; 0.029,0.14
gpt-oss-safeguard-20b;;131072; 0.075,0.3,0.037
gpt-rosalind-discovery;;; 5,25,0.5
gpt-rosalind-research;;; 5,25,0.5
o1 o1-2024-12-17;;200000; 15,60,7.5
o1-mini o1-mini-2024-09-12;;128000; 1.1,4.4,0.55
o1-preview o1-preview-2024-09-12;;128000; 15,60,7.5
o1-pro o1-pro-2025-03-19;;200000; 150,600
o3 o3-2025-04-16;;200000;2025-06-10 2,8,0.5 @flex 1,4,0.25 @priority 3.5,14,0.875 @fast 3.5,14,0.875
o3-deep-research o3-deep-research-2025-06-26;;200000; 10,40,2.5
o3-mini o3-mini-2025-01-31 o3-mini-high;;200000; 1.1,4.4,0.55
o3-pro o3-pro-2025-06-10;;200000; 20,80
o4-mini-2025-04-16 o4-mini-high o4-mini;;200000; 1.1,4.4,0.275 @flex 0.55,2.2,0.138 @priority 2,8,0.5 @fast 2,8,0.5
o4-mini-deep-research o4-mini-deep-research-2025-06-26;;200000; 2,8,0.5
text-davinci-002;;; 20,20
text-davinci-003;;; 20,20
""",
    "azure": r"""
o1 o1-2024-12-17;;200000; 15,60,7.5
o1-mini o1-mini-2024-09-12;;128000; 1.1,4.4,0.55
o1-preview o1-preview-2024-09-12;;128000; 15,60,7.5
o3 o3-2025-04-16;;200000; 2,8,0.5
o3-mini o3-mini-2025-01-31;;200000; 1.1,4.4,0.55
;o4\-mini|o4\-mini\-2025\-04\-16;200000; 1.1,4.4,0.275
phi-3-medium-128k-instruct;;131072; 0.17,0.68
phi-3-mini-128k-instruct;;131072; 0.13,0.52
phi-3.5-mini-128k-instruct;;131072; 0.13,0.52
phi-4;;16384; 0.125,0.5
phi-4-mini-instruct;;131072; 0.075,0.3
phi-4-multimodal-instruct;;131072; 0.08,0.32
phi-4-reasoning-plus;;32768; 0.125,0.5
wizardlm-2-8x22b;;; 0.48,0.48
""",
    "openrouter": r"""
01-ai/yi-large;;; 3,3
aetherwiing/mn-starcannon-12b;;; 0.8,1.2
ai21/jamba-1-5-large;;; 2,8
ai21/jamba-1-5-mini;;; 0.2,0.4
ai21/jamba-1.6-large;;; 2,8
ai21/jamba-1.6-mini;;; 0.2,0.4
ai21/jamba-instruct;;; 0.5,0.7
ai21/jamba-large-1.7;;; 2,8
aion-labs/aion-1.0;;; 4,8
aion-labs/aion-1.0-mini;;; 0.7,1.4
aion-labs/aion-2.0 aion-labs/aion-2.0-20260223;;131072; 0.8,1.6,0.2
aion-labs/aion-3.0 aion-labs/aion-3.0-20260707;;131072; 3,6,0.75
aion-labs/aion-3.0-mini aion-labs/aion-3.0-mini-20260707;;131072; 0.7,1.4,0.18
aion-labs/aion-3.5 aion-labs/aion-3.5-20260923;;262144; 3,6,0.75
aion-labs/aion-3.5-mini aion-labs/aion-3.5-mini-20260923;;262144; 0.7,1.4,0.18
aion-labs/aion-rp-llama-3.1-8b;;32768;2026-10-19 0.8,1.6
alfredpros/codellama-7b-instruct-solidity;;; 0.8,1.2
all-hands/openhands-lm-32b-v0.1;;; 2.6,3.4
allenai/olmo-3-32b-think;;65536; 0.15,0.5
alpindale/goliath-120b;;; 6.5625,9.375
alpindale/magnum-72b;;; 1.5,2.25
amazon/nova-2-lite-v1;;1000000; 0.3,2.5
amazon/nova-lite-v1;;300000; 0.06,0.24
amazon/nova-micro-v1;;128000; 0.035,0.14
amazon/nova-premier-v1;;1000000; 2.5,12.5,0.625
amazon/nova-pro-v1;;300000; 0.8,3.2
anthracite-org/magnum-v2-72b;;; 3,3
anthracite-org/magnum-v4-72b;;32768;2026-10-19 2.5,5
anthropic/claude-2 anthropic/claude-2.0 anthropic/claude-2.0:beta anthropic/claude-2.1 anthropic/claude-2.1:beta anthropic/claude-2:beta;;; 8,24
anthropic/claude-3-haiku anthropic/claude-3-haiku:beta;;200000; 0.25,1.25
anthropic/claude-3-opus anthropic/claude-3-opus:beta;;; 15,75
anthropic/claude-3-sonnet anthropic/claude-3-sonnet:beta;;; 3,15
anthropic/claude-3.5-haiku anthropic/claude-3.5-haiku-20241022 anthropic/claude-3.5-haiku-20241022:beta anthropic/claude-3.5-haiku:beta;;; 0.8,4
anthropic/claude-3.5-sonnet anthropic/claude-3.5-sonnet-20240620 anthropic/claude-3.5-sonnet-20240620:beta anthropic/claude-3.5-sonnet:beta;;; 3,15
anthropic/claude-3.7-sonnet anthropic/claude-3.7-sonnet:beta anthropic/claude-3.7-sonnet:thinking;;; 3,15
anthropic/claude-fable-5 anthropic/claude-fable-5:beta anthropic/claude-5-fable-20260609;;1000000; 10,50,1,12.5
anthropic/claude-fable-5.1 anthropic/claude-fable-5.1:beta anthropic/claude-fable-5.1-20260831;;1000000; 10,50,0.25,12.5
anthropic/claude-fable-5.1:batch;;1000000; 5,25,0.125,6.25
anthropic/claude-fable-5:batch;;1000000; 5,25,0.5,6.25
anthropic/claude-haiku-4.5 anthropic/claude-4.5-haiku-20251001 anthropic/claude-4.5-haiku-20251001:beta anthropic/claude-haiku-4.5-20251001 anthropic/claude-haiku-4.5-20251001:beta anthropic/claude-haiku-4.5:beta;;200000; 1,5,0.1,1.25
anthropic/claude-haiku-4.5:batch;;200000; 0.5,2.5,0.05,0.625
anthropic/claude-haiku-5.5 anthropic/claude-haiku-5.5-20261007;^anthropic/claude-haiku-5\.5-\d{8}$;1000000; 0.1,0.5,0.01,0.125 >100000 0.5,2.5,0.05,0.625
anthropic/claude-haiku-5.5:batch;;1000000; 0.05,0.25,0.005,0.0625 >100000 0.25,1.25,0.025,0.3125
anthropic/claude-opus-4 anthropic/claude-opus-4.1 anthropic/claude-4.1-opus-20250805;;200000; 15,75,1.5,18.75
anthropic/claude-opus-4.1:batch;;200000; 7.5,37.5,0.75,9.375
anthropic/claude-opus-4.5 anthropic/claude-4.5-opus-20251124 anthropic/claude-4.5-opus-20251124:beta anthropic/claude-opus-4.5-20251124 anthropic/claude-opus-4.5-20251124:beta anthropic/claude-opus-4.5:beta;;200000; 5,25,0.5,6.25
anthropic/claude-opus-4.5:batch;;200000; 2.5,12.5,0.25,3.125
anthropic/claude-opus-4.6 anthropic/claude-4.6-opus-20260205 anthropic/claude-4.6-opus-20260205:beta anthropic/claude-opus-4.6-20260205 anthropic/claude-opus-4.6-20260205:beta anthropic/claude-opus-4.6:beta;;1000000; 5,25,0.5,6.25
anthropic/claude-opus-4.6-fast;;; 30,150,3,37.5
anthropic/claude-opus-4.6:batch;;1000000; 2.5,12.5,0.25,3.125
anthropic/claude-opus-4.7 anthropic/claude-opus-4.7:beta anthropic/claude-4.7-opus-20260416;;1000000; 5,25,0.5,6.25
anthropic/claude-opus-4.7-fast;;1000000; 30,150,3,37.5
anthropic/claude-opus-4.7:batch;;1000000; 2.5,12.5,0.25,3.125
anthropic/claude-opus-4.8 anthropic/claude-opus-4.8:beta anthropic/claude-4.8-opus-20260528;;1000000; 5,25,0.5,6.25
anthropic/claude-opus-4.8-fast;;1000000; 10,50,1,12.5
anthropic/claude-opus-4.8:batch;;1000000; 2.5,12.5,0.25,3.125
anthropic/claude-opus-5 anthropic/claude-opus-5:beta anthropic/claude-opus-5-20260723;;1000000; 5,25,0.5,6.25
anthropic/claude-opus-5-fast;;1000000; 10,50,1,12.5
anthropic/claude-opus-5.5 anthropic/claude-opus-5.5:beta anthropic/claude-opus-5.5-20260921;;1000000; 4,20,0.2,5
anthropic/claude-opus-5.5:batch;;1000000; 2,10,0.1,2.5
anthropic/claude-opus-5:batch;;1000000; 2.5,12.5,0.25,3.125
anthropic/claude-sonnet-4;;; 3,15,0.3,3.75
anthropic/claude-sonnet-4.5 anthropic/claude-4.5-sonnet-20250929 anthropic/claude-4.5-sonnet-20250929:beta anthropic/claude-sonnet-4.5-20250929 anthropic/claude-sonnet-4.5-20250929:beta anthropic/claude-sonnet-4.5:beta;;1000000; 3,15,0.3,3.75 >200000 6,22.5,0.6,7.5
anthropic/claude-sonnet-4.5:batch;;1000000; 1.5,7.5,0.15,1.875 >200000 3,11.25,0.3,3.75
anthropic/claude-sonnet-4.6 anthropic/claude-4.6-sonnet-20260217 anthropic/claude-4.6-sonnet-20260217:beta anthropic/claude-sonnet-4.6-20260217 anthropic/claude-sonnet-4.6-20260217:beta anthropic/claude-sonnet-4.6:beta;;1000000; 3,15,0.3,3.75
anthropic/claude-sonnet-4.6:batch;;1000000; 1.5,7.5,0.15,1.875
anthropic/claude-sonnet-5 anthropic/claude-sonnet-5:beta anthropic/claude-sonnet-5-20260630;;1000000; 2,10,0.2,2.5
anthropic/claude-sonnet-5.5 anthropic/claude-sonnet-5.5:beta anthropic/claude-sonnet-5.5-20260928;;1000000; 2,10,0.1,2.5
anthropic/claude-sonnet-5.5:batch;;1000000; 1,5,0.05,1.25
anthropic/claude-sonnet-5:batch;;1000000; 1,5,0.1,1.25
anubis-pro-105b-v1;;; 0.8,1
arcee-ai/coder-large;;; 0.5,0.8
arcee-ai/trinity-large-thinking;;262144;2026-10-19 0.25,0.8,0.06
arcee-ai/trinity-mini;;; 0.045,0.15
arcee-ai/virtuoso-large;;131072; 0.75,1.2
arcee-blitz;;; 0.45,0.75
baidu/ernie-4.5-vl-424b-a47b;;123000; 0.42,1.25
bytedance-seed/seed-1.6 bytedance-seed/seed-1.6-20250625;;262144;2026-10-19 0.25,2 >128000 0.5,4
bytedance-seed/seed-1.6-flash bytedance-seed/seed-1.6-flash-20250625;;262144;2026-10-19 0.075,0.3 >128000 0.1,0.8
bytedance-seed/seed-2-1-turbo bytedance-seed/seed-2-1-turbo-20260810;;262144; 0.5,2.5
bytedance-seed/seed-2.0-code bytedance-seed/seed-2.0-code-20260730;;262144; 0.5,3 >128000 1,6
bytedance-seed/seed-2.0-lite bytedance-seed/seed-2.0-lite-20260309;;262144;2026-10-19 0.25,2 >128000 0.5,4
bytedance-seed/seed-2.0-mini bytedance-seed/seed-2.0-mini-20260224;;262144;2026-10-19 0.1,0.4 >128000 0.2,0.8
bytedance/ui-tars-1.5-7b;;128000; 0.1,0.2
caller-large;;; 0.55,0.85
chatgpt-4o-latest;;; 5,15
claude-2 claude-2.0 claude-2.0:beta claude-2.1 claude-2.1:beta claude-2:beta;;; 8,24
claude-3-opus claude-3-opus:beta;;; 15,75,1.5,18.75
claude-3-sonnet claude-3-sonnet:beta;;; 3,15,0.3,3.75
claude-3.5-sonnet claude-3.5-sonnet-20240620 claude-3.5-sonnet-20240620:beta claude-3.5-sonnet:beta;;; 3,15,0.3,3.75
claude-3.7-sonnet claude-3.7-sonnet:beta claude-3.7-sonnet:thinking;;; 3,15,0.3,3.75
codellama-7b-instruct-solidity;;; 0.8,1.2
codestral-2501;;; 0.3,0.9
codex-mini;;; 1.5,6,0.375
cognitivecomputations/dolphin-mistral-24b-venice-edition venice/uncensored;;128000; 0.2,0.9
cognitivecomputations/dolphin-mixtral-8x22b;;; 0.9,0.9
cognitivecomputations/dolphin-mixtral-8x7b;;; 0.5,0.5
cohere/command;;; 1,2
cohere/command-a cohere/command-a-03-2025;;256000; 2.5,10
cohere/command-a-plus cohere/command-a-plus-05-2026;;192000; 0.3,1.5,0.15
cohere/command-r cohere/command-r-03-2024;;; 0.5,1.5
cohere/command-r-08-2024;;128000; 0.15,0.6
cohere/command-r-plus cohere/command-r-plus-04-2024;;; 3,15
cohere/command-r-plus-08-2024;;128000; 2.5,10
cohere/command-r7b-12-2024;;128000; 0.0375,0.15
command;;; 1,2
command-r command-r-03-2024;;; 0.5,1.5
command-r-plus command-r-plus-04-2024;;; 3,15
deepcogito/cogito-v2.1-671b;;; 1.25,1.25
deepseek-prover-v2;;; 0.5,2.18
deepseek-r1-0528-qwen3-8b;;; 0.05,0.1
deepseek-r1-distill-llama-8b;;; 0.04,0.04
deepseek-r1-distill-qwen-1.5b;;; 0.18,0.18
deepseek-r1-distill-qwen-14b;;; 0.15,0.15
deepseek-r1-distill-qwen-7b;;; 0.1,0.2
deepseek/deepseek-chat deepseek/deepseek-chat-v3;;;2026-10-20 0.2574,1.0287
deepseek/deepseek-chat-v3-0324;;163840;2026-11-03 0.25,1,0.11
deepseek/deepseek-chat-v3.1;;;2026-11-09 0.27,1
deepseek/deepseek-r1;;64000;2026-10-19 0.7,2.5
deepseek/deepseek-r1-0528;;;2026-10-19 0.5,2.15,0.35
deepseek/deepseek-r1-distill-llama-70b;;8192; 0.1,0.4
deepseek/deepseek-r1-distill-llama-8b;;; 0.04,0.04
deepseek/deepseek-r1-distill-qwen-1.5b;;; 0.18,0.18
deepseek/deepseek-r1-distill-qwen-14b;;; 0.15,0.15
deepseek/deepseek-r1-distill-qwen-32b;;; 0.12,0.18
deepseek/deepseek-v3.1-terminus;;163840;2026-10-19 0.27,1
deepseek/deepseek-v3.2 deepseek/deepseek-v3.2-20251201;;;2026-11-09 0.26,0.38,0.13
deepseek/deepseek-v3.2-exp;;163840; 0.27,0.41
deepseek/deepseek-v4-flash deepseek/deepseek-v4-flash-20260423;;;2026-11-09 0.105,0.21,0.021
deepseek/deepseek-v4-flash-0731 deepseek/deepseek-v4-flash-20260731;;1048576;2026-11-09 0.14,0.28,0.05
deepseek/deepseek-v4-flash-0731:batch;;1048576; 0.048,0.144,0.012
deepseek/deepseek-v4-flash-vision-exp deepseek/deepseek-v4-flash-vision-exp-20260821;;1048576; 0.2156,0.6468,0.00686
deepseek/deepseek-v4-pro deepseek/deepseek-v4-pro-20260423;;;2026-11-03 1.416,2.832,0.118
deepseek/deepseek-v4-pro-0813 deepseek/deepseek-v4-pro-20260813;;1048576; 0.66,1.98,0.022
deepseek/deepseek-v4.1-flash deepseek/deepseek-v4.1-flash-20260910;;1048576;2026-11-03 0.21,0.84,0.0042
deepseek/deepseek-v4.1-flash-1017:batch;;1048576; 0.011,0.2,0.002
deepseek/deepseek-v4.1-flash:batch;;1048576;2026-11-09 0.011,0.2,0.002
devstral-small;;; 0.06,0.12
dobby-mini-unhinged-plus-llama-3.1-8b;;; 0.2,0.2
dolphin-mixtral-8x22b;;; 0.9,0.9
eleutherai/llemma_7b;;; 0.8,1.2
elorian/glimpse elorian/glimpse-20261016;;262144; 0.6,3,0.06
essentialai/rnj-1-instruct;;; 0.15,0.15
eva-llama-3.33-70b;;; 4,6
eva-qwen-2.5-32b;;; 2.6,3.4
eva-qwen-2.5-72b;;; 4,6
eva-unit-01/eva-llama-3.33-70b;;; 4,6
eva-unit-01/eva-qwen-2.5-32b;;; 2.6,3.4
eva-unit-01/eva-qwen-2.5-72b;;; 0.9,1.2
fimbulvetr-11b-v2;;; 0.8,1.2
fireworks/ember-1 fireworks/ember-1-20260923;;1048576; 3,15,0.3
gemini-2.0-flash-001;;; 0.1,0.4,0.025,0.1833
gemini-2.0-flash-lite-001;;; 0.075,0.3
gemini-2.5-flash-lite-preview-06-17;;; 0.1,0.4
gemini-2.5-flash-preview gemini-2.5-flash-preview-05-20;;; 0.15,0.6,0.0375,0.2333
gemini-2.5-flash-preview-05-20:thinking;;; 0.15,3.5,0.0375,0.2333
gemini-2.5-flash-preview:thinking;;; 0.15,3.5,0.0375,0.2333
gemini-flash-1.5;;; 0.075,0.3,0.01875,0.1583
gemini-flash-1.5-8b;;; 0.0375,0.15,0.01,0.0583
gemini-pro-1.5;;; 1.25,5
gemma-2-9b-it;;; 0.2,0.2
glm-4-32b;;; 0.24,0.24
glm-5v-turbo;;; 1.2,4,0.24
glm-z1-32b;;; 0.24,0.24
glm-z1-rumination-32b;;; 0.24,0.24
goliath-120b;;; 10,12.5
google/gemini-2.0-flash-001;;; 0.1,0.4
google/gemini-2.0-flash-lite-001;;; 0.075,0.3
google/gemini-2.5-flash;;1048576;2026-10-19 0.3,2.5,0.03,0.0833333333333333
google/gemini-2.5-flash-lite;;1048576; 0.1,0.4,0.01,0.08333333333333334
google/gemini-2.5-flash-lite-preview-09-2025;;; 0.1,0.4
google/gemini-2.5-flash-lite:batch;;1048576; 0.05,0.2,0.01,0.04166666666666665
google/gemini-2.5-flash-preview;;; 0.15,0.6
google/gemini-2.5-flash-preview-09-2025;;; 0.3,2.5,0.075,0.383
google/gemini-2.5-flash-preview:thinking;;; 0.15,3.5
google/gemini-2.5-flash:batch;;1048576; 0.15,1.25,0.03,0.04166666666666665
google/gemini-2.5-pro google/gemini-2.5-pro-preview google/gemini-2.5-pro-preview-05-06;;1048576;2026-10-19 1.25,10,0.125,0.375 >200000 2.5,15,0.25,0.375
google/gemini-2.5-pro-preview-03-25;;; 1.25,10
google/gemini-2.5-pro:batch;;1048576; 0.625,5,0.125,0.1875 >200000 1.25,7.5,0.25,0.1875
google/gemini-3-flash-preview google/gemini-3-flash-preview-20251217;;1048576; 0.5,3,0.05,0.08333333333333334
google/gemini-3-flash-preview:batch;;1048576; 0.25,1.5,,0.04166666666666665
google/gemini-3.1-flash-lite google/gemini-3.1-flash-lite-preview google/gemini-3.1-flash-lite-20260507;;1048576; 0.25,1.5,0.025,0.08333333333333334
google/gemini-3.1-flash-lite:batch;;1048576; 0.125,0.75,0.0125,0.04166666666666665
google/gemini-3.1-pro-preview google/gemini-3.1-pro-preview-customtools google/gemini-3.1-pro-preview-20260219;;1048576;2026-10-19 2,12,0.2,0.375 >200000 4,18,0.4,0.375
google/gemini-3.1-pro-preview:batch;;1048576; 1,6,,0.1875 >200000 2,9,,0.1875
google/gemini-3.5-flash google/gemini-3.5-flash-20260519;^google/gemini-3\.5-flash-\d{8}$;1048576; 1.5,9,0.15,0.08333333333333334
google/gemini-3.5-flash-lite google/gemini-3.5-flash-lite-20260721;;1048576; 0.3,2.5,0.03,0.0833333333333333
google/gemini-3.5-flash-lite:batch;;1048576; 0.15,1.25,0.015,0.04166666666666665
google/gemini-3.5-flash:batch;;1048576; 0.75,4.5,0.075,0.04166666666666665
google/gemini-3.6-flash google/gemini-3.6-flash-20260721;;1048576; 0.75,3.75,0.075,0.0416666666666667
google/gemini-3.6-flash:batch;;1048576; 0.375,1.875,0.0375,0.0416666666666667
google/gemini-3.7-flash google/gemini-3.7-flash-20260813;;1048576; 0.75,3.75,0.075,0.0416666666666667
google/gemini-3.7-flash:batch;;1048576; 0.375,1.875,0.0375,0.0416666666666667
google/gemini-3.8-flash google/gemini-3.8-flash-20260902;^google/gemini-3\.8-flash-\d{8}$;1048576;2026-11-03 0.75,3.75,0.075,0.041666666666666664
google/gemini-3.8-flash:batch;;1048576; 0.375,1.875,0.0375,0.0416666666666667
google/gemini-4-argon google/gemini-4-argon-20261013;;1048576; 2,10,0.1,0.1875
google/gemini-4-argon:batch;;1048576; 1,5,0.05,0.1875
google/gemini-flash-1.5;;; 0.075,0.3
google/gemini-flash-1.5-8b;;; 0.0375,0.15
google/gemini-nano-banana-2.1 google/gemini-nano-banana-2.1-20261006;;65536; 1.5,7.5
google/gemini-omni-1.1-flash google/gemini-omni-1.1-flash-20260911;;131072; 1.5,9
google/gemini-omni-1.2-flash google/gemini-omni-1.2-flash-20261105;;131072; 1.5,9
google/gemini-pro google/gemini-pro-vision;;; 0.5,1.5
google/gemini-pro-1.5;;; 1.25,5
google/gemma-2-27b-it;;8192;2026-10-19 0.65,0.65
google/gemma-2-9b-it;;; 0.07,0.07
google/gemma-3-12b-it;;131072;2026-10-19 0.05,0.15
google/gemma-3-27b-it;;;2026-10-19 0.08,0.35,0.04
google/gemma-3-4b-it;;131072;2026-10-20 0.04,0.05,0.02
google/gemma-3n-e4b-it;;; 0.06,0.12
google/gemma-4-26b-a4b-it google/gemma-4-26b-a4b-it-20260403;;;2026-11-03 0.15,0.6,0.0425
google/gemma-4-31b-it google/gemma-4-31b-it-20260402;;262144;2026-11-03 0.15,0.4,0.06
google/palm-2-chat-bison google/palm-2-chat-bison-32k;;; 1,2
google/palm-2-codechat-bison google/palm-2-codechat-bison-32k;;; 1,2
gpt-3.5-turbo-1106;;; 1,2
gpt-4-1106-preview;;; 10,30
gpt-4.5-preview;;; 75,150,37.5
gpt-4o:extended;;; 6,18
grok-2-1212;;; 2,10
grok-2-vision-1212;;; 2,10
grok-3 grok-3-beta;;; 3,15,0.75
grok-3-mini grok-3-mini-beta;;; 0.3,0.5,0.075
grok-beta;;; 5,15
grok-vision-beta;;; 5,15
gryphe/mythomax-l2-13b;;;2026-10-19 0.08,0.11
hermes-2-pro-llama-3-8b;;; 0.025,0.04
ibm-granite/granite-4.0-h-micro;;131000; 0.017,0.112
ibm-granite/granite-4.1-8b;;131072; 0.05,0.1
ibm-granite/granite-4.2-8b ibm-granite/granite-4.2-8b-20260831;;131072;2026-11-03 0.06,0.15,0.015
inception/mercury-2 inception/mercury-2-20260304;;128000; 0.25,0.75,0.025
inception/mercury-2.5 inception/mercury-2.5-20260908;;260000; 0.04,0.15,0.004
inception/mercury-3 inception/mercury-3-20261019;;1000000; 0.1,0.35,0.01
inclusionai/ling-2.6-1t;;; 0.075,0.625,0.015
inclusionai/ling-2.6-flash;;; 0.01,0.03,0.002
inclusionai/ling-3.0-flash inclusionai/ling-3.0-flash-20260723;;262144; 0.021,0.063,0.0042
inclusionai/ling-3.0-flash-vl inclusionai/ling-3.0-flash-vl-20260910;;131072; 0.06,0.18,0.012
inclusionai/ling-3.0-tiny inclusionai/ling-3.0-tiny-20260806;;262144; 0.015,0.045,0.003
inclusionai/ling-3.1-flash inclusionai/ling-3.1-flash-20261002;;262144;2026-11-09 0.045,0.135,0.009
inclusionai/ring-2.6-1t;;; 0.075,0.625,0.015
inference-net/schematron-v2-small inference-net/schematron-v2-small-20260902;;128000; 0.05,0.23
inference-net/schematron-v2-turbo inference-net/schematron-v2-turbo-20260902;;128000; 0.03,0.15
infermatic/mn-inferor-12b;;; 0.8,1.2
inflection/inflection-3-pi;;; 2.5,10
inflection/inflection-3-productivity;;; 2.5,10
jamba-1.6-large;;; 2,8
jamba-1.6-mini;;; 0.2,0.4
jondurbin/airoboros-l2-70b;;; 0.5,0.5
kwaipilot/kat-coder-pro-v2;;; 0.3,1.2,0.06
l3-euryale-70b;;; 1.48,1.48
latitudegames/wayfarer-large-70b-llama-3.3;;; 0.8,0.9
lfm-3b;;; 0.02,0.02
lfm-40b;;; 0.15,0.15
lfm-7b;;; 0.01,0.01
liquid/lfm-2-24b-a2b;;; 0.03,0.12
liquid/lfm-2.5-2.6b liquid/lfm-2.5-2.6b-20260811;;128000; 0.35,0.5,0.04
liquid/lfm-2.5-24b-a2b liquid/lfm-2.5-24b-a2b-20261012;;128000; 0.05,0.7,0.025
liquid/lfm-3-1.7b liquid/lfm-3-1.7b-20261106;;262144; 0.08,0.2,0.02
liquid/lfm-3b;;; 0.02,0.02
liquid/lfm-40b;;; 0.15,0.15
liquid/lfm-7b;;; 0.01,0.01
llama-3-lumimaid-70b;;; 4,6
llama-3-lumimaid-8b;;; 0.2,1.25
llama-3.1-405b;;; 2,2
llama-3.1-405b-instruct;;; 0.8,0.8
llama-3.1-lumimaid-70b;;; 2.5,3
llama-3.1-lumimaid-8b;;; 0.2,1.25
llama-3.1-nemotron-70b-instruct;;; 0.12,0.3
llama-3.1-nemotron-ultra-253b-v1;;; 0.6,1.8
llama-3.1-sonar-large-128k-online;;; 1,1
llama-3.1-sonar-small-128k-online;;; 0.2,0.2
llama-3.2-90b-vision-instruct;;; 1.2,1.2
llama-3.3-nemotron-super-49b-v1;;; 0.13,0.4
llama-guard-2-8b;;; 0.2,0.2
llama3.1-typhoon2-70b-instruct;;; 0.88,0.88
llemma_7b;;; 0.8,1.2
maestro-reasoning;;; 0.9,3.3
magistral-medium-2506 magistral-medium-2506:thinking;;; 2,5
magistral-small-2506;;; 0.5,1.5
magnum-72b;;; 4,6
magnum-v2-72b;;; 3,3
mancer/weaver;;8000;2026-10-19 0.4,0.75
meituan/longcat-2.0 meituan/longcat-2.0-20260720;;1048756; 0.3,1.2,0.006
mercury-coder-small-beta;;; 0.25,1
meta-llama/llama-2-13b-chat;;; 0.22,0.22
meta-llama/llama-2-70b-chat;;; 0.9,0.9
meta-llama/llama-3-70b-instruct;;; 0.3,0.4
meta-llama/llama-3-8b-instruct;;; 0.03,0.06
meta-llama/llama-3.1-405b;;; 2,2
meta-llama/llama-3.1-405b-instruct;;; 0.8,0.8
meta-llama/llama-3.1-70b-instruct;;131072;2026-11-03 0.72,0.72
meta-llama/llama-3.1-8b-instruct;;;2026-10-19 0.05,0.08,0.025
meta-llama/llama-3.2-11b-vision-instruct;;; 0.049,0.049
meta-llama/llama-3.2-1b-instruct;;60000;2026-10-19 0.027,0.201
meta-llama/llama-3.2-3b-instruct;;;2026-10-19 0.0509,0.335
meta-llama/llama-3.2-90b-vision-instruct;;; 0.9,0.9
meta-llama/llama-3.3-70b-instruct;;;2026-11-09 0.59,0.79,0.295
meta-llama/llama-4-maverick meta-llama/llama-4-maverick-17b-128e-instruct;;;2026-11-03 0.35,1,0.17
meta-llama/llama-4-scout meta-llama/llama-4-scout-17b-16e-instruct;;;2026-10-19 0.1,0.3
meta-llama/llama-guard-2-8b;;; 0.2,0.2
meta-llama/llama-guard-3-8b;;; 0.02,0.06
meta-llama/llama-guard-4-12b;;163840;2026-10-19 0.18,0.18
meta/muse-glimmer-30b meta/muse-glimmer-30b-20260810;;131072; 0.3,1.2,0.04
meta/muse-glimmer-30b:batch;;131072; 0.24,0.96,0.032
meta/muse-spark-1.1 meta/muse-spark-1.1-20260709;;1048576; 1.25,4.25,0.15
meta/muse-spark-1.2 meta/muse-spark-1.2-20260805;;1048576; 1.25,4.25,0.15
meta/muse-spark-1.2-contributor meta/muse-spark-1.2-contributor-20260805;;1048576; 0.1,0.2,0.002
meta/muse-spark-1.3 meta/muse-spark-1.3-20260902;;1048576; 1.25,4.25,0.15
meta/muse-spark-1.3-contributor meta/muse-spark-1.3-contributor-20260902;;1048576; 0.1,0.2,0.002
meta/muse-spark-open meta/muse-spark-open-20261015;;1048576; 1.25,4.25,0.15
meta/muse-wonder meta/muse-wonder-20261012;;1048576; 4,20,0.2
microsoft/phi-3-medium-128k-instruct;;; 1,1
microsoft/phi-3-mini-128k-instruct;;; 0.1,0.1
microsoft/phi-3.5-mini-128k-instruct;;; 0.1,0.1
microsoft/phi-4;;16384; 0.07,0.14
microsoft/phi-4-mini-instruct;;; 0.08,0.35
microsoft/phi-4-multimodal-instruct;;; 0.05,0.1
microsoft/wizardlm-2-7b;;; 0.07,0.07
microsoft/wizardlm-2-8x22b;;65535;2026-10-19 0.62,0.62
midnight-rose-70b;;; 0.8,0.8
minimax-m1:extended;;; 0.55,2.2
minimax/minimax-01;;1000192; 0.2,1.1
minimax/minimax-m1;;1000000;2026-11-09 0.55,2.2
minimax/minimax-m2;;;2026-10-19 0.255,1.02,0.03
minimax/minimax-m2-her minimax/minimax-m2-her-20260123;;65536; 0.3,1.2,0.03
minimax/minimax-m2.1;;204800;2026-10-19 0.3,1.2,0.03
minimax/minimax-m2.5 minimax/minimax-m2.5-20260211;;;2026-11-09 0.295,1.2,0.06
minimax/minimax-m2.7 minimax/minimax-m2.7-20260318;;;2026-11-09 0.27,1.08,0.054
minimax/minimax-m3 minimax/minimax-m3-20260531;;; 0.3,1.2,0.06
minimax/minimax-m3:batch;;524288; 0.224,0.88,0.0448
ministral-3b;;; 0.04,0.04
ministral-8b;;; 0.1,0.1
mistral-7b-instruct mistral-7b-instruct-v0.3;;; 0.028,0.054
mistral-7b-instruct-v0.1;;; 0.11,0.19
mistral-7b-instruct-v0.2;;; 0.2,0.2
mistral-medium;;; 2.75,8.1
mistral-small;;; 0.2,0.6
mistral-tiny;;; 0.25,0.25
mistral/ministral-8b;;; 0.1,0.1
mistralai/codestral-2501;;; 0.3,0.9
mistralai/codestral-2508;;256000; 0.3,0.9,0.03
mistralai/codestral-2508:batch;;256000; 0.15,0.45,0.015
mistralai/codestral-mamba;;; 0.25,0.25
mistralai/devstral-2512;;262144; 0.4,2,0.04
mistralai/ministral-14b-2512;;262144; 0.2,0.2,0.02
mistralai/ministral-3b;;; 0.04,0.04
mistralai/ministral-3b-2512;;131072; 0.1,0.1,0.01
mistralai/ministral-8b;;; 0.1,0.1
mistralai/ministral-8b-2512;;262144; 0.15,0.15,0.015
mistralai/ministral-8b-2512:batch;;262144; 0.075,0.075,0.0075
mistralai/mistral-7b-instruct mistralai/mistral-7b-instruct-v0.3;;; 0.029,0.059
mistralai/mistral-7b-instruct-v0.1;;; 0.2,0.2
mistralai/mistral-7b-instruct-v0.2;;; 0.2,0.2
mistralai/mistral-large mistralai/mistral-large-2407 mistral-large-2411;;128000;2026-10-19 2,6,0.2
mistralai/mistral-large-2512;;262144; 0.5,1.5,0.05
mistralai/mistral-large-2512:batch;;262144; 0.25,0.75,0.025
mistralai/mistral-large-4-0 mistralai/mistral-large-4-0-20261006;;;2026-11-03 0.7,2.1,0.07
mistralai/mistral-medium;;; 2.75,8.1
mistralai/mistral-medium-3;;131072;2026-10-19 0.4,2,0.04
mistralai/mistral-medium-3-5 mistralai/mistral-medium-3.5-20260430;;262144; 1.5,7.5
mistralai/mistral-medium-3-5:batch;;262144; 0.75,3.75
mistralai/mistral-medium-3.1;;131072; 0.4,2,0.04
mistralai/mistral-medium-3.1:batch;;131072; 0.2,1,0.02
mistralai/mistral-nemo;;;2026-11-03 0.15,0.15,0.015
mistralai/mistral-saba mistralai/mistral-saba-2502;;32768;2026-10-19 0.2,0.6,0.02
mistralai/mistral-small;;; 0.2,0.6
mistralai/mistral-small-24b-instruct-2501;;32768;2026-10-19 0.05,0.08
mistralai/mistral-small-2603;;; 0.15,0.6,0.015
mistralai/mistral-small-2603:batch;;262144; 0.075,0.3,0.0075
mistralai/mistral-small-3.1-24b-instruct mistralai/mistral-small-3.1-24b-instruct-2503;;128000;2026-10-19 0.351,0.555
mistralai/mistral-small-3.2-24b-instruct mistralai/mistral-small-3.2-24b-instruct-2506;;;2026-11-03 0.1,0.3,0.01
mistralai/mistral-tiny;;; 0.25,0.25
mistralai/mixtral-8x22b-instruct;;65536;2026-10-19 2,6,0.2
mistralai/mixtral-8x7b-instruct;;; 0.24,0.24
mistralai/pixtral-12b;;; 0.1,0.1
mistralai/pixtral-large-2411;;; 2,6
mixtral-8x7b-instruct;;; 0.08,0.24
mn-celeste-12b;;; 0.8,1.2
mn-inferor-12b;;; 0.8,1.2
mn-starcannon-12b;;; 0.8,1.2
moondream/moondream3-preview moondream/moondream3-preview-20261013;;32000; 0.3,2.5
moondream/moondream3.1-9b-a2b moondream/moondream3.1-9b-a2b-20261013;;32000; 0.3,2.5
moonshotai/kimi-k2;;131072; 0.57,2.3
moonshotai/kimi-k2-0905;;262144; 0.6,2.5
moonshotai/kimi-k2-thinking moonshotai/kimi-k2-thinking-20251106;;262144;2026-10-19 0.6,2.5,0.15
moonshotai/kimi-k2.5 moonshotai/kimi-k2.5-0127;;;2026-11-03 0.532,3.325,0.209
moonshotai/kimi-k2.6 moonshotai/kimi-k2.6-20260420;;;2026-11-03 0.95,4,0.16
moonshotai/kimi-k2.7-code moonshotai/kimi-k2.7-code-20260612;;262144;2026-11-03 0.95,4,0.19
moonshotai/kimi-k3 moonshotai/kimi-k3-20260715;;1048576;2026-11-03 3,15,0.3
moonshotai/kimi-k3.1-pro moonshotai/kimi-k3.1-pro-20261023;;1048576; 2,10,0.2
moonshotai/kimi-k3:batch;;1048576;2026-11-09 0.917,6,0.226
morph/morph-v3-fast;;81920; 0.8,1.2
morph/morph-v3-fast:batch;;81920; 0.4,0.6
morph/morph-v3-large;;262144; 0.9,1.9
morph/morph-v3-large:batch;;262144; 0.45,0.95
mythalion-13b;;; 0.8,1.2
neversleep/llama-3-lumimaid-70b;;; 3.375,4.5
neversleep/llama-3-lumimaid-8b neversleep/llama-3-lumimaid-8b:extended;;; 0.09375,0.75
neversleep/llama-3.1-lumimaid-70b;;; 1.5,2.25
neversleep/llama-3.1-lumimaid-8b;;; 0.09375,0.75
neversleep/noromaid-20b;;; 0.75,1.5
nex-agi/nex-n2.5-mini nex-agi/nex-n2.5-mini-20260908;;262144; 0.025,0.1,0.0025
nex-agi/nex-n2.5-pro nex-agi/nex-n2.5-pro-20260907;;262144; 0.075,0.25,0.015
noromaid-20b;;; 1.25,2
nothingiisreal/mn-celeste-12b;;; 0.8,1.2
nous-hermes-2-mixtral-8x7b-dpo;;; 0.6,0.6
nousresearch/hermes-2-pro-llama-3-8b;;; 0.025,0.04
nousresearch/hermes-3-llama-3.1-405b;;131072;2026-10-19 1,1
nousresearch/hermes-3-llama-3.1-70b;;131072;2026-10-19 0.7,0.7
nousresearch/hermes-4-405b;;131072;2026-11-03 1,3,0.2
nousresearch/hermes-4-70b;;131072; 0.13,0.4
nousresearch/nous-hermes-2-mixtral-8x7b-dpo;;; 0.6,0.6
nousresearch/nous-hermes-llama2-13b;;; 0.18,0.18
nvidia/llama-3.1-nemotron-70b-instruct;;; 0.12,0.3
nvidia/llama-3.3-nemotron-super-49b-v1.5;;; 0.4,0.4
nvidia/nemotron-3-nano-30b-a3b;;262144;2026-11-03 0.06,0.24,0.012
nvidia/nemotron-3-super-120b-a12b nvidia/nemotron-3-super-120b-a12b-20230311;;;2026-11-09 0.08,0.45
nvidia/nemotron-3-ultra-550b-a55b nvidia/nemotron-3-ultra-550b-a55b-20260604;;;2026-10-19 0.6,2.4,0.12
nvidia/nemotron-3.5-content-safety nvidia/nemotron-3.5-content-safety-20260604;;131072; 0.2,0.2
nvidia/nemotron-3.5-lightning nvidia/nemotron-3.5-lightning-20260807;;262144;2026-11-03 0.05,0.2,0.01
nvidia/nemotron-3.5-super-vl nvidia/nemotron-3.5-super-vl-20261015;;1048576;2026-10-20 0.15,0.5,0.02
nvidia/nemotron-nano-9b-v2;;; 0.04,0.16
o1-mini o1-mini-2024-09-12;;; 1.1,4.4,0.55
openai/chatgpt-4o-latest;;; 5,15
openai/codex-mini;;; 1.5,6,0.375
openai/gpt-3.5-turbo gpt-3.5-turbo-0125;;16385; 0.5,1.5
openai/gpt-3.5-turbo-0613;;4095; 1,2
openai/gpt-3.5-turbo-1106;;; 1,2
openai/gpt-3.5-turbo-16k;;16385; 3,4
openai/gpt-3.5-turbo-instruct;;4095; 1.5,2
openai/gpt-3.5-turbo:batch;;16385; 0.25,0.75
openai/gpt-4 gpt-4-0314;;8191; 30,60
openai/gpt-4-1106-preview;;; 10,30
openai/gpt-4-32k openai/gpt-4-32k-0314;;; 60,120
openai/gpt-4-turbo openai/gpt-4-turbo-preview;;128000; 10,30
openai/gpt-4-turbo:batch;;128000; 5,15
openai/gpt-4.1 openai/gpt-4.1-2025-04-14;;1047576; 2,8,0.5
openai/gpt-4.1-mini openai/gpt-4.1-mini-2025-04-14;;1047576; 0.4,1.6,0.1
openai/gpt-4.1-mini:batch;;1047576; 0.2,0.8,0.05
openai/gpt-4.1-nano openai/gpt-4.1-nano-2025-04-14;;1047576;2026-11-03 0.1,0.4,0.03
openai/gpt-4.1-nano:batch;;1047576; 0.05,0.2,0.0125
openai/gpt-4.1:batch;;1047576; 1,4,0.25
openai/gpt-4.5-preview;;; 75,150
openai/gpt-4o openai/gpt-4o-2024-08-06 openai/gpt-4o-2024-11-20 openai/gpt-4o-audio-preview;;128000;2026-10-19 2.5,10,1.25
openai/gpt-4o-2024-05-13;;128000; 5,15
openai/gpt-4o-mini openai/gpt-4o-mini-2024-07-18;;128000; 0.15,0.6,0.075
openai/gpt-4o-mini-search-preview;;; 0.15,0.6
openai/gpt-4o-mini:batch;;128000; 0.075,0.3,0.0375
openai/gpt-4o-search-preview;;; 2.5,10
openai/gpt-4o:batch;;128000; 1.25,5,0.625
openai/gpt-4o:extended;;; 6,18
openai/gpt-5 openai/gpt-5-2025-08-07 openai/gpt-5-chat openai/gpt-5-codex openai/gpt-5.1-codex-max;;400000; 1.25,10,0.125
openai/gpt-5-mini openai/gpt-5-mini-2025-08-07;;400000; 0.25,2,0.025
openai/gpt-5-mini:batch;;400000; 0.125,1,0.0125
openai/gpt-5-nano openai/gpt-5-nano-2025-08-07;;400000;2026-10-19 0.05,0.4,0.005
openai/gpt-5-nano:batch;;400000; 0.025,0.2,0.0025
openai/gpt-5-pro openai/gpt-5-pro-2025-10-06;;400000; 15,120
openai/gpt-5-pro:batch;;400000; 7.5,60
openai/gpt-5.1 openai/gpt-5.1-chat openai/gpt-5.1-codex openai/gpt-5.1-20251113;;400000;2026-10-19 1.25,10,0.125
openai/gpt-5.1-codex-mini openai/gpt-5.1-codex-mini-20251113;;400000;2026-10-19 0.25,2,0.03
openai/gpt-5.1:batch;;400000; 0.625,5,0.0625
openai/gpt-5.2 openai/gpt-5.2-20251211 openai/gpt-5.2-chat openai/gpt-5.2-codex;;400000; 1.75,14,0.175
openai/gpt-5.2-pro openai/gpt-5.2-pro-20251211;;400000; 21,168
openai/gpt-5.2-pro:batch;;400000; 10.5,84
openai/gpt-5.2:batch;;400000; 0.875,7,0.0875
openai/gpt-5.3-chat;;; 1.75,14,0.175
openai/gpt-5.3-codex openai/gpt-5.3-codex-20260224;;400000; 1.75,14,0.175
openai/gpt-5.4 openai/gpt-5.4-20260305;;1050000; 2.5,15,0.25 >272000 5,22.5,0.5
openai/gpt-5.4-mini openai/gpt-5.4-mini-20260317;;400000; 0.75,4.5,0.075
openai/gpt-5.4-mini:batch;;400000; 0.375,2.25,0.0375
openai/gpt-5.4-nano openai/gpt-5.4-nano-20260317;;400000; 0.2,1.25,0.02
openai/gpt-5.4-nano:batch;;400000; 0.1,0.625,0.01
openai/gpt-5.4-pro openai/gpt-5.4-pro-20260305;;1050000; 30,180 >272000 60,270
openai/gpt-5.4-pro:batch;;1050000; 15,90 >272000 30,135
openai/gpt-5.4:batch;;1050000; 1.25,7.5,0.125 >272000 2.5,11.25,0.25
openai/gpt-5.5 openai/gpt-5.5-20260423;;1050000; 5,30,0.5 >272000 10,45,1
openai/gpt-5.5-pro openai/gpt-5.5-pro-20260423;;1050000; 30,180 >272000 60,270
openai/gpt-5.5-pro:batch;;1050000; 15,90 >272000 30,135
openai/gpt-5.5:batch;;1050000; 2.5,15,0.25 >272000 5,22.5,0.5
openai/gpt-5.6-luna openai/gpt-5.6-luna-20260709;^openai/gpt-5\.6-luna-\d{8}$;1050000; 0.2,1.2,0.02,0.25 >272000 0.4,1.8,0.04,0.5
openai/gpt-5.6-luna-pro openai/gpt-5.6-luna-pro-20260709;;1050000; 0.2,1.2,0.02,0.25 >272000 0.4,1.8,0.04,0.5
openai/gpt-5.6-luna-pro:batch;;1050000; 0.1,0.6,0.01,0.125 >272000 0.2,0.9,0.02,0.25
openai/gpt-5.6-luna:batch;;1050000; 0.1,0.6,0.01,0.125 >272000 0.2,0.9,0.02,0.25
openai/gpt-5.6-sol openai/gpt-5.6-sol-20260709;^openai/gpt-5\.6-sol-\d{8}$;1050000;2026-10-19 4,20,0.4,5 >272000 8,30,0.8,10
openai/gpt-5.6-sol-pro openai/gpt-5.6-sol-pro-20260709;;1050000; 4,20,0.4,5 >272000 8,30,0.8,10
openai/gpt-5.6-sol-pro:batch;;1050000; 2,10,0.2,2.5 >272000 4,15,0.4,5
openai/gpt-5.6-sol:batch;;1050000; 2,10,0.2,2.5 >272000 4,15,0.4,5
openai/gpt-5.6-terra openai/gpt-5.6-terra-20260709;^openai/gpt-5\.6-terra-\d{8}$;1050000; 2,12,0.2,2.5 >272000 4,18,0.4,5
openai/gpt-5.6-terra-pro openai/gpt-5.6-terra-pro-20260709;;1050000; 2,12,0.2,2.5 >272000 4,18,0.4,5
openai/gpt-5.6-terra-pro:batch;;1050000; 1,6,0.1,1.25 >272000 2,9,0.2,2.5
openai/gpt-5.6-terra:batch;;1050000; 1,6,0.1,1.25 >272000 2,9,0.2,2.5
openai/gpt-5:batch;;400000; 0.625,5,0.0625
openai/gpt-6-astra openai/gpt-6-astra-20260903 openai/gpt-6-astra-pro openai/gpt-6-astra-pro-20260903;;1050000; 10,50,1,12.5 >272000 20,75,2,25
openai/gpt-6-astra-pro:batch;;1050000; 5,25,0.5,6.25 >272000 10,37.5,1,12.5
openai/gpt-6-astra:batch;;1050000; 5,25,0.5,6.25 >272000 10,37.5,1,12.5
openai/gpt-6-luna openai/gpt-6-luna-pro openai/gpt-6-luna-20260922;^openai/gpt-6-luna-\d{8}$;1050000; 0.1,0.5,0.01,0.125 >272000 0.2,0.75,0.02,0.25
openai/gpt-6-luna:batch openai/gpt-6-luna-pro:batch;;1050000; 0.05,0.25,0.005,0.0625 >272000 0.1,0.375,0.01,0.125
openai/gpt-6-sol openai/gpt-6-sol-pro openai/gpt-6-sol-20260922;^openai/gpt-6-sol-\d{8}$;1050000; 2,10,0.2,2.5 >272000 4,15,0.4,5
openai/gpt-6-sol:batch openai/gpt-6-sol-pro:batch;;1050000; 1,5,0.1,1.25 >272000 2,7.5,0.2,2.5
openai/gpt-6.1-sol openai/gpt-6.1-sol-pro openai/gpt-6.1-sol-20260929;^openai/gpt-6\.1-sol-\d{8}$|^openai/gpt-6\.1-sol-pro-\d{8}$;1050000; 2,10,0.1,2.5 >272000 4,15,0.2,5
openai/gpt-6.1-sol:batch openai/gpt-6.1-sol-pro:batch;;1050000; 1,5,0.05,1.25 >272000 2,7.5,0.1,2.5
openai/gpt-6.1-terra openai/gpt-6.1-terra-20261026 openai/gpt-6.1-terra-pro openai/gpt-6.1-terra-pro-20261026;;1050000; 1,5,0.05,1.25 >272000 2,7.5,0.1,2.5
openai/gpt-6.1-terra-pro:batch;;1050000; 0.5,2.5,0.025,0.625 >272000 1,3.75,0.05,1.25
openai/gpt-6.1-terra:batch;;1050000; 0.5,2.5,0.025,0.625 >272000 1,3.75,0.05,1.25
openai/gpt-chat-latest openai/gpt-chat-latest-20260505;;400000; 5,30,0.5
openai/gpt-oss-120b;;;2026-11-03 0.1,0.5
openai/gpt-oss-120b:batch;;131072; 0.0296,0.136
openai/gpt-oss-20b;;131072;2026-11-03 0.03,0.14,0.009
openai/gpt-oss-20b:batch;;131072; 0.024,0.112
openai/gpt-oss-safeguard-20b;;131072;2026-10-19 0.075,0.3,0.0375
openai/o1 o1-preview o1-preview-2024-09-12 openai/o1-2024-12-17;;; 15,60,7.5
openai/o1-mini openai/o1-mini-2024-09-12;;; 1.1,4.4
openai/o1-pro;;200000; 150,600
openai/o3 openai/o3-2025-04-16;;200000; 2,8,0.5
openai/o3-deep-research;;; 10,40,2.5
openai/o3-mini openai/o3-mini-high openai/o3-mini-2025-01-31;;200000; 1.1,4.4,0.55
openai/o3-mini:batch;;200000; 0.55,2.2,0.275
openai/o3-pro openai/o3-pro-2025-06-10;;200000; 20,80
openai/o3:batch;;200000; 1,4,0.25
openai/o4-mini openai/o4-mini-high openai/o4-mini-2025-04-16;;200000; 1.1,4.4,0.275
openai/o4-mini-deep-research;;; 2,8,0.5
openai/o4-mini:batch;;200000; 0.55,2.2,0.1375
openchat/openchat-7b;;; 0.07,0.07
openhands-lm-32b-v0.1;;; 2.6,3.4
particle-ai/particle-1 particle-ai/particle-1-20261027;;1048576; 0.05,0.5,0.003
perceptron/perceptron-mk1 perceptron/perceptron-mk1-20260512;;32768; 0.15,1.5
perceptron/perceptron-mk1.5 perceptron/perceptron-mk1.5-20260925;;36864; 0.15,1.5
perplexity/llama-3.1-sonar-large-128k-online;;; 1,1
perplexity/llama-3.1-sonar-small-128k-online;;; 0.2,0.2
perplexity/r1-1776;;; 2,8
perplexity/sonar;;127072; 1,1
perplexity/sonar-deep-research;;128000; 2,8
perplexity/sonar-pro;;200000; 3,15
perplexity/sonar-pro-search;;200000; 3,15
perplexity/sonar-reasoning;;; 1,5
perplexity/sonar-reasoning-pro;;128000; 2,8
phi-3-medium-128k-instruct;;; 1,1
phi-3-mini-128k-instruct;;; 0.1,0.1
phi-3.5-mini-128k-instruct;;; 0.1,0.1
phi-4-multimodal-instruct;;; 0.05,0.1
phi-4-reasoning-plus;;; 0.07,0.35
pixtral-12b;;; 0.1,0.1
pixtral-large-2411;;; 2,6
poolside/laguna-s-2.1 poolside/laguna-s-2.1-20260720;;1048576; 0.09,0.18,0.009
poolside/laguna-xs-2.1 poolside/laguna-xs-2.1-20260625;;262144; 0.06,0.12,0.03
prime-intellect/intellect-3;;; 0.2,1.1
prism-ml/ternary-bonsai-2-27b prism-ml/ternary-bonsai-2-27b-20260918;;262144; 0.075,0.5,0.0375
prism-ml/ternary-bonsai-2-9b prism-ml/ternary-bonsai-2-9b-20261015;;262144; 0.08,0.13,0.04
pygmalionai/mythalion-13b;;; 0.5625,1.125
qwen-2-72b-instruct;;; 0.9,0.9
qwen-2.5-vl-7b-instruct;;; 0.2,0.2
qwen-max;;; 1.6,6.4,0.64
qwen-turbo;;; 0.05,0.2,0.02
qwen-vl-max;;; 0.8,3.2
qwen-vl-plus;;; 0.21,0.63
qwen/qwen-2-72b-instruct;;; 0.9,0.9
qwen/qwen-2.5-72b-instruct;;;2026-10-19 0.36,0.4
qwen/qwen-2.5-7b-instruct;;32768;2026-10-19 0.1,0.2
qwen/qwen-2.5-coder-32b-instruct;;32768;2026-10-19 0.66,1
qwen/qwen-2.5-vl-72b-instruct;;; 0.6,0.6
qwen/qwen-2.5-vl-7b-instruct;;; 0.2,0.2
qwen/qwen-max;;; 1.6,6.4
qwen/qwen-plus qwen/qwen-plus-2025-01-25;;1000000;2026-10-19 0.26,0.78,0.052,0.325 >256000 0.78,2.34,0.156,0.975
qwen/qwen-plus-2025-07-28;;1000000; 0.26,0.78
qwen/qwen-plus-2025-07-28:thinking;;; 0.26,0.78,,0.325
qwen/qwen-turbo;;; 0.05,0.2
qwen/qwen-vl-max;;; 0.8,3.2
qwen/qwen-vl-plus;;; 0.21,0.63
qwen/qwen2.5-coder-7b-instruct;;; 0.2,0.2
qwen/qwen2.5-vl-32b-instruct;;; 0.9,0.9
qwen/qwen2.5-vl-72b-instruct;;;2026-10-19 0.8,1,0.4
qwen/qwen3-14b qwen/qwen3-14b-04-28;;;2026-11-03 0.1,0.22
qwen/qwen3-235b-a22b;;131072; 0.13,0.6
qwen/qwen3-235b-a22b-2507 qwen/qwen3-235b-a22b-07-25;;;2026-10-19 0.09,0.55
qwen/qwen3-235b-a22b-thinking-2507;;;2026-10-19 0.45,3.5
qwen/qwen3-30b-a3b qwen/qwen3-30b-a3b-04-28;;;2026-10-19 0.12,0.5
qwen/qwen3-30b-a3b-instruct-2507;;;2026-10-19 0.09,0.3
qwen/qwen3-30b-a3b-thinking-2507;;81920; 0.08,0.4
qwen/qwen3-32b qwen/qwen3-32b-04-28;;;2026-11-03 0.14,0.4,0.09
qwen/qwen3-8b;;131072; 0.035,0.138
qwen/qwen3-coder qwen/qwen3-coder-480b-a35b-07-25;;;2026-10-19 0.3,1,0.1
qwen/qwen3-coder-30b-a3b-instruct;;;2026-10-19 0.07,0.28
qwen/qwen3-coder-flash;;1000000;2026-10-19 0.195,0.975,0.039,0.24375 >32000 0.325,1.625,0.065,0.40625 >128000 0.52,2.6,0.104,0.65
qwen/qwen3-coder-next qwen/qwen3-coder-next-2025-02-03;;;2026-10-19 0.12,0.8,0.07
qwen/qwen3-coder-plus;;1000000; 0.65,3.25,0.13,0.8125
qwen/qwen3-max;;262144; 1.2,6
qwen/qwen3-max-thinking qwen/qwen3-max-thinking-20260123;;262144; 0.78,3.9
qwen/qwen3-next-80b-a3b-instruct qwen/qwen3-next-80b-a3b-instruct-2509;;; 0.09,1.1
qwen/qwen3-next-80b-a3b-thinking qwen/qwen3-next-80b-a3b-thinking-2509;;;2026-10-19 0.15,1.2
qwen/qwen3-vl-235b-a22b-instruct;;;2026-10-19 0.21,1.9,0.1
qwen/qwen3-vl-235b-a22b-thinking;;131072; 0.26,2.6
qwen/qwen3-vl-30b-a3b-instruct;;;2026-11-03 0.2,0.7
qwen/qwen3-vl-30b-a3b-thinking;;;2026-10-19 0.29,1
qwen/qwen3-vl-32b-instruct;;131072; 0.104,0.416
qwen/qwen3-vl-8b-instruct;;;2026-10-19 0.25,0.75,0.12
qwen/qwen3-vl-8b-thinking;;131072; 0.117,1.365
qwen/qwen3.5-122b-a10b qwen/qwen3.5-122b-a10b-20260224;;262144; 0.26,2.08
qwen/qwen3.5-27b qwen/qwen3.5-27b-20260224;;262144;2026-11-03 0.195,1.56
qwen/qwen3.5-35b-a3b qwen/qwen3.5-35b-a3b-20260224;;;2026-11-03 0.1625,1.3,0.05
qwen/qwen3.5-397b-a17b qwen/qwen3.5-397b-a17b-20260216;;;2026-10-20 0.39,2.34,0.3
qwen/qwen3.5-9b qwen/qwen3.5-9b-20260310;;; 0.1,0.15
qwen/qwen3.5-flash-02-23 qwen/qwen3.5-flash-20260224;;1000000; 0.065,0.26
qwen/qwen3.5-plus-02-15 qwen/qwen3.5-plus-20260216;;1000000;2026-10-19 0.26,1.56 >256000 0.325,1.95
qwen/qwen3.5-plus-20260420;;1000000;2026-10-19 0.3,1.8,,0.375 >256000 0.375,2.25,,0.46875
qwen/qwen3.6-27b qwen/qwen3.6-27b-20260422;;;2026-11-03 0.45,2.7,0.025
qwen/qwen3.6-35b-a3b qwen/qwen3.6-35b-a3b-20260415;;;2026-11-09 0.1,0.95
qwen/qwen3.6-flash;;1000000;2026-10-19 0.1875,1.125,,0.234375 >256000 0.75,3,,0.9375
qwen/qwen3.6-max-preview qwen/qwen3.6-max-preview-20260420;;262144; 1.04,6.24,,1.3
qwen/qwen3.6-plus qwen/qwen3.6-plus-04-02;;1000000;2026-10-19 0.325,1.95,,0.40625 >256000 1.3,3.9,,1.625
qwen/qwen3.7-flash qwen/qwen3.7-flash-20260727;;1000000; 0.03,0.13,0.006,0.038 >32000 0.1,0.4,0.02,0.125 >256000 0.2,0.8,0.04,0.25
qwen/qwen3.7-max qwen/qwen3.7-max-20260520;;1000000;2026-10-19 1.475,4.425,0.295,1.84375
qwen/qwen3.7-plus qwen/qwen3.7-plus-20260602;;1000000;2026-10-19 0.32,1.28,0.064,0.4 >256000 0.96,3.84,0.192,1.2
qwen/qwen3.7-plus:batch;;262144; 0.23,0.92
qwen/qwen3.8-2.4t-a95b qwen/qwen3.8-2.4t-a95b-20260812;;1048576;2026-11-03 2,6,0.25,2.5
qwen/qwen3.8-27b qwen/qwen3.8-27b-20260814;;1000000;2026-11-03 0.425,2.55,0.085,0.53125
qwen/qwen3.8-27b:batch;;262144; 0.16,2,0.04,0.2
qwen/qwen3.8-flash qwen/qwen3.8-flash-20260826;;1000000; 0.15,0.47,0.016
qwen/qwen3.8-max-0902 qwen/qwen3.8-max-20260902;;1000000; 2,6,0.25
qwen/qwen3.8-max-prime qwen/qwen3.8-max-prime-20260923;;1000000; 4,12,0.5
qwen/qwen3.8-omni-flash qwen/qwen3.8-omni-flash-20260918;;1000000; 0.15,0.47,0.016
qwen/qwq-32b;;; 0.15,0.2
qwen/qwq-32b-preview;;; 0.2,0.2
qwen2.5-vl-32b-instruct;;; 0.9,0.9
qwq-32b;;; 0.15,0.2
qwq-32b-preview;;; 0.2,0.2
r1-1776;;; 2,8
raifle/sorcererlm-8x22b;;; 4.5,4.5
reflection/beam-1.0-501b-a23b reflection/beam-1.0-501b-a23b-20261016;;1048576;2026-11-03 0.4,1.2,0.04
rekaai/reka-edge rekaai/reka-edge-2603;;16384; 0.1,0.1
rekaai/reka-flash-3;;65536; 0.1,0.2
relace/relace-apply-3;;256000; 0.85,1.25
relace/relace-search relace/relace-search-20251208;;256000; 1,3
ricursiveai/ripple-65b-preview ricursiveai/ripple-65b-preview-20261104;;1048576; 0.2,0.6,0.05
sakana/fugu-max sakana/fugu-max-20260911;;1000000; 2,6,0.25
sakana/fugu-ultra sakana/fugu-ultra-20260615 sakana/fugu-ultra-v2 sakana/fugu-ultra-v2-20260911;;1000000; 5,30,0.5 >272000 10,45,1
sakana/sakana-namazu sakana/namazu-20260811;;262144; 0.95,4,0.15
sao10k/fimbulvetr-11b-v2;;; 0.8,1.2
sao10k/l3-euryale-70b;;; 1.48,1.48
sao10k/l3-lunaris-8b;;8192;2026-10-19 0.04,0.05
sao10k/l3.1-70b-hanami-x1;;; 3,3
sao10k/l3.1-euryale-70b;;;2026-10-19 0.85,0.85
sao10k/l3.3-euryale-70b sao10k/l3.3-euryale-70b-v2.3;;131072;2026-10-19 0.65,0.75
scb10x/llama3.1-typhoon2-70b-instruct;;; 0.88,0.88
scb10x/llama3.1-typhoon2-8b-instruct;;; 0.18,0.18
sonar-reasoning;;; 1,5
sophosympatheia/midnight-rose-70b;;; 0.8,0.8
sorcererlm-8x22b;;; 4.5,4.5
spotlight;;; 0.18,0.18
steelskull/l3.3-electra-r1-70b;;; 0.7,0.95
stepfun/step-3.5-flash;;262144;2026-10-19 0.1,0.3,0.02
stepfun/step-3.7-flash stepfun/step-3.7-flash-20260528;;; 0.2,1.15,0.04
stepfun/step-5-preview stepfun/step-5-preview-20261008;;1048576; 1,2.7,0.1
switchpoint/router;;; 0.85,3.4
tencent/hunyuan-a13b-instruct;;131072; 0.14,0.57
tencent/hy-mt2-1.8b tencent/hy-mt2-1.8b-20260521;;8192; 0.044,0.177
tencent/hy-mt2-30b-a3b tencent/hy-mt2-30b-a3b-20260521;;8192; 0.074,0.295
tencent/hy-mt2-7b tencent/hy-mt2-7b-20260521;;8192; 0.074,0.295
tencent/hy3-preview tencent/hy3-preview-20260421;;262144;2026-10-19 0.18,0.6,0.06
tencent/hy4 tencent/hy4-20261104;;1048576; 0.417,1.2505,0.021
thedrummer/anubis-pro-105b-v1;;; 0.8,1
thedrummer/cydonia-24b-v4.1;;131072; 0.3,0.5,0.15
thedrummer/rocinante-12b;;; 0.25,0.5
thedrummer/skyfall-36b-v2;;32768;2026-10-19 0.55,0.8,0.25
thedrummer/unslopnemo-12b;;;2026-10-19 0.4,0.4
thinkingmachines/inkling thinkingmachines/inkling-20260715;;524288; 1,4.05,0.17
thinkingmachines/inkling-small thinkingmachines/inkling-small-20260730;;524288; 0.45,1.2,0.1
thinkingmachines/inkling-small:batch;;524288; 0.36,0.96,0.08
toppy-m-7b;;; 0.8,1.2
unbiased/pareto-26.10 unbiased/pareto-26.10-20261015;;1048576; 0.8,3.2,0.03
unbiased/pareto-26.9 unbiased/pareto-26.9-20260917;;262144; 2.5,7.5,0.25
undi95/remm-slerp-l2-13b;;6144;2026-10-19 0.35,0.65
undi95/toppy-m-7b;;; 0.07,0.07
upstage/solar-mini4 upstage/solar-mini4-20260922;;524288; 0.05,0.2,0.005
upstage/solar-pro-3;;131072; 0.15,0.6,0.015
upstage/solar-pro4 upstage/solar-pro4-20260810;;524288;2026-10-20 0.15,0.6,0.03
valkyrie-49b-v1;;; 0.5,0.8
virtuoso-medium-v2;;; 0.5,0.8
writer/palmyra-x5 writer/palmyra-x5-20250428;;1040000; 0.6,6
x-ai/grok-2-1212;;; 2,10
x-ai/grok-2-vision-1212;;; 2,10
x-ai/grok-3-beta;;; 3,15
x-ai/grok-3-mini-beta;;; 0.3,0.5
x-ai/grok-4-fast;;2000000; 0.2,0.5,0.05 >128000 0.4,1,0.05
x-ai/grok-4.20 x-ai/grok-4.20-20260309;;2000000;2026-10-19 1.25,2.5,0.2 >200000 2.5,5,0.4
x-ai/grok-4.20-multi-agent x-ai/grok-4.20-multi-agent-20260309;;2000000;2026-10-19 1.25,2.5,0.2 >200000 2.5,5,0.4
x-ai/grok-4.3 x-ai/grok-4.3-20260430;^x-ai/grok-4\.3-\d{8}$;1000000;2026-10-19 1.25,2.5,0.2 >200000 2.5,5,0.4
x-ai/grok-4.3:batch;;1000000; 1,2,0.16 >200000 2,4,0.32
x-ai/grok-4.5 x-ai/grok-4.5-20260708;;500000; 2,6,0.3 >200000 4,12,0.6
x-ai/grok-4.6 x-ai/grok-4.6-20260810;;500000; 2,6,0.5 >200000 4,12,1
x-ai/grok-4.6:batch;;500000; 1.6,4.8,0.4 >200000 3.2,9.6,0.8
x-ai/grok-4.7 x-ai/grok-4.7-20260916;;500000; 2,6,0.5 >200000 4,12,1
x-ai/grok-4.7:batch;;500000; 1.6,4.8,0.4 >200000 3.2,9.6,0.8
x-ai/grok-beta;;; 5,15
x-ai/grok-build-0.1 x-ai/grok-build-0.1-20260520;;256000;2026-10-19 1,2,0.2 >200000 2,4,0.4
x-ai/grok-code-fast-1;;256000; 0.2,1.5,0.02
x-ai/grok-vision-beta;;; 5,15
xiaomi/mimo-v2-flash;;; 0.1,0.3,0.01
xiaomi/mimo-v2.5 xiaomi/mimo-v2.5-20260422;;;2026-11-09 0.4,2,0.08
xiaomi/mimo-v2.5-pro xiaomi/mimo-v2.5-pro-20260422;;; 0.435,0.87,0.0036
xiaomi/mimo-v2.6-flash xiaomi/mimo-v2.6-flash-20260921;;1050000; 0.14,0.28,0.0028
xiaomi/mimo-v2.6-pro xiaomi/mimo-v2.6-pro-20260921;;1050000; 0.435,0.87,0.0036
xiaomi/mimo-v2.6-pro-ultraspeed xiaomi/mimo-v2.6-pro-ultraspeed-20260921;;1048576; 4.35,8.7,0.036
xwin-lm/xwin-lm-70b;;; 3.75,3.75
yi-large;;; 3,3
z-ai/glm-4.5;;131072; 0.6,2.2,0.11
z-ai/glm-4.5-air;;131072;2026-11-03 0.2,1.1,0.03
z-ai/glm-4.5v;;65536; 0.6,1.8,0.11
z-ai/glm-4.6;;;2026-11-03 0.6,2.2,0.11
z-ai/glm-4.6v z-ai/glm-4.6-20251208;;131072;2026-11-03 0.3,0.9,0.05
z-ai/glm-4.7 z-ai/glm-4.7-20251222;;;2026-11-03 0.6,2.2,0.11
z-ai/glm-4.7-flash z-ai/glm-4.7-flash-20260119;;;2026-10-19 0.0605,0.4,0.01
z-ai/glm-5 z-ai/glm-5-20260211;;;2026-11-03 1,3.2,0.2
z-ai/glm-5-turbo z-ai/glm-5-turbo-20260315;;202752; 1.2,4,0.24
z-ai/glm-5.1 z-ai/glm-5.1-20260406;;;2026-11-03 1.4,4.4,0.26
z-ai/glm-5.2 z-ai/glm-5.2-20260616;;1048576;2026-11-03 1.4,4.4,0.26
z-ai/glm-5.2:batch;;1048576; 0.623,1.271,0.21
z-ai/glm-5.3 z-ai/glm-5.3-20260816;;1048576;2026-11-03 1.4,4.4,0.26
z-ai/glm-5.3-flash z-ai/glm-5.3-flash-20260826;;1310720;2026-10-20 0.15,0.5,0.03
z-ai/glm-5.3-flash:batch;;1048576;2026-11-09 0.061,0.124,0.026
z-ai/glm-5.3-flashx z-ai/glm-5.3-flashx-20260918;;1048576;2026-11-03 0.37,1.25,0.075
z-ai/glm-5.3-flashx-legal z-ai/glm-5.3-flashx-legal-20261102;;1048576; 0.37,1.25,0.075
z-ai/glm-5.3-prime z-ai/glm-5.3-prime-20260921;;1000000; 2.8,8.8,0.56
z-ai/glm-5.3:batch;;1048576; 0.45,2,0.1
z-ai/glm-5v-turbo z-ai/glm-5v-turbo-20260401;;202752; 1.2,4,0.24
~anthropic/claude-fable-latest;;1000000;2026-10-19 10,50,0.25,12.5
~anthropic/claude-haiku-latest;;1000000;2026-10-07 0.1,0.5,0.01,0.125 >100000 0.5,2.5,0.05,0.625
~anthropic/claude-opus-latest;;1000000;2026-09-22 4,20,0.2,5
~anthropic/claude-sonnet-latest;;1000000;2026-10-19 2,10,0.1,2.5
~deepseek/deepseek-flash-latest;;1048576; 0.05,0.15,0.012
~deepseek/deepseek-pro-latest;;1048576; 0.225,8,0.23
~deepseek/deepseek-v4-flash-latest;;1048576;2026-10-19 0.00688,0.12,0.00336
~google/gemini-flash-latest;;1048576;2026-10-19 0.75,3.75,0.075,0.0416666666666667
~google/gemini-pro-latest;;1048576;2026-10-19 2,10,0.1,0.1875
~moonshotai/kimi-latest;;1048576;2026-10-19 0.239,11.936,0.21
~openai/gpt-astra-latest;;1050000; 10,50,1,12.5 >272000 20,75,2,25
~openai/gpt-latest;;1050000; 5,30,0.5
~openai/gpt-luna-latest;;1050000; 0.1,0.5,0.01,0.125 >272000 0.2,0.75,0.02,0.25
~openai/gpt-mini-latest;;400000; 0.75,4.5,0.075
~openai/gpt-sol-latest;;1050000; 2,10,0.1,2.5 >272000 4,15,0.2,5
~openai/gpt-terra-latest;;1050000; 2,12,0.2,2.5 >272000 4,18,0.4,5
~unbiased/pareto-latest;;1048576; 0.8,3.2,0.03
~x-ai/grok-latest;;500000; 2,6,0.5 >200000 4,12,1
~z-ai/glm-flash-latest;;1048576;2026-10-19 0.048,0.2,0.006
~z-ai/glm-latest;;1048576;2026-10-19 0.042,6,0.026
""",
    "groq": r"""
deepseek-r1-distill-llama-70b;;131072; 0.75,0.99
gemma-7b-it;;; 0.07,0.07
gemma2-9b-it gemma2-9b;;; 0.2,0.2
llama-3.1-405b-reasoning;;; 0.59,0.79
llama-3.1-70b-versatile;;; 0.59,0.79
llama-3.1-8b-instant;;; 0.05,0.08
llama-3.2-11b-text-preview;;; 0.18,0.18
llama-3.2-11b-vision-preview;;; 0.18,0.18
llama-3.2-1b-preview;;; 0.04,0.04
llama-3.2-3b-preview;;; 0.06,0.06
llama-3.2-90b-text-preview;;; 0.9,0.9
llama-3.2-90b-vision-preview;;; 0.9,0.9
llama-3.3-70b-specdec;;; 0.59,0.99
llama-3.3-70b-versatile;;; 0.59,0.79
llama-guard-3-8b;;; 0.2,0.2
llama2-70b-4096;;; 0.7,0.8
llama3-70b-8192;;; 0.59,0.79
llama3-8b-8192;;; 0.05,0.08
llama3-groq-70b-8192-tool-use-preview;;; 0.89,0.89
llama3-groq-8b-8192-tool-use-preview;;; 0.19,0.19
meta-llama/llama-4-maverick-17b-128e-instruct;;131072; 0.2,0.6
meta-llama/llama-4-scout-17b-16e-instruct;;; 0.11,0.34
meta-llama/llama-guard-4-12b;;131072; 0.2,0.2
meta-llama/llama-prompt-guard-2-22m;;512; 0.03,0.03
meta-llama/llama-prompt-guard-2-86m;;512; 0.04,0.04
mistral-saba-24b;;; 0.79,0.79
mixtral-8x7b-32768;;; 0.24,0.24
moonshotai/kimi-k2-instruct moonshotai/kimi-k2-instruct-0905;;131072; 1,3,0.5
openai/gpt-oss-120b;;131072; 0.15,0.6,0.075
openai/gpt-oss-20b;;131072; 0.075,0.3,0.0375
openai/gpt-oss-safeguard-20b;;131072; 0.075,0.3,0.0375
qwen/qwen3-32b;;131072; 0.29,0.59
qwen/qwen3.8-27b;;131072; 0.8,4
""",
    "mistral": r"""
codestral-latest codestral-2501;;256000; 0.3,0.9
codestral-2508;;256000; 0.3,0.9,0.03
deepseek-v4-1-flash-1017;;; 0.3,1.2,0.007
devstral-2512;;262144; 0.4,2,0.04
devstral-small devstral-small-2505 devstral-small-2507 devstral-small-latest labs-devstral-small-2512;;; 0.1,0.3
;^magistral\-medium;; 2,5
;^magistral\-small\-;; 0.5,1.5
ministral-14b-2512;;262144; 0.2,0.2,0.02
ministral-3b;;; 0.04,0.04
ministral-3b-2512;;131072; 0.1,0.1,0.01
ministral-8b ministral-8b-2410;;; 0.1,0.1
ministral-8b-2512;;262144; 0.15,0.15,0.015
ministral-8b-latest;;;2025-12-02 0.15,0.15,0.015
mistral-7b open-mistral-7b;;; 0.25,0.25
mistral-large mistral-large-latest mistral-large-2407 mistral-large-2411;;; 2,6
mistral-large-2512;;262144; 0.5,1.5,0.05
mistral-large-4 mistral-large-4-0;;1048576;2026-10-29 0.7,2.1,0.07
mistral-medium-2312;;; 2.7,8.1
mistral-medium mistral-medium-2505 mistral-medium-2508;;; 0.4,2,0.04
mistral-medium-3.5 mistral-medium-3-5 mistral-medium-3 mistral-medium-2604;;262144; 1.5,7.5,0.15
mistral-medium-latest;;;2026-06-16 1.5,7.5,0.15
mistral-nemo open-mistral-nemo;;; 0.15,0.15
mistral-saba mistral-saba-latest;;; 0.2,0.6
mistral-small-24b-instruct-2501;;; 0.05,0.08
mistral-small-2603;;262144; 0.15,0.6,0.015
mistral-small-3.1-24b-instruct;;; 0.351,0.555
mistral-small-2506 mistral-small-3.2-24b-instruct;;; 0.1,0.3
mistral-small-latest;;;2026-03-16 0.15,0.6,0.015
mistral-tiny;;; 0.25,0.25
open-mixtral-8x22b mixtral-8x22b-instruct;;; 2,6
open-mixtral-8x7b;^mixtral\-8x7b;; 0.7,0.7
pixtral-12b pixtral-12b-latest;;; 0.15,0.15
pixtral-large-latest pixtral-large-2411;;; 2,6
zai-glm-5-3;;; 1.4,4.4,0.14
zai-glm-5-3-flash;;; 0.15,0.5,0.03
""",
    "deepseek": r"""
deepseek-chat-v3-0324;^deepseek\-chat;64000; 0.27,1.1,0.07
deepseek-flash;;1000000; 0.3,1.2,0.006
deepseek-reasoner deepseek-r1-0528;^deepseek\-r1;64000; 0.55,2.19,0.14
deepseek-v3.1-terminus;;128000; 0.27,0.95,0.13
deepseek-v3.2;;128000; 0.2288,0.3432
deepseek-v3.2-exp;;128000; 0.27,0.41
;^deepseek\-v4\-flash;1000000;2026-09-10 0.3,1.2,0.006
;^deepseek\-v4\-pro;1000000;2026-08-17 1.32,3.96,0.044
""",
    "xai": r"""
grok-2-1212 grok-2 grok-2-latest;;32768; 2,10
grok-2-vision-1212 grok-2-vision grok-2-vision-latest;;32768; 2,10
grok-3 grok-3-latest grok-3-beta;;131072; 3,15,0.75
grok-3-fast grok-3-fast-latest grok-3-fast-beta;;131072; 5,25,1.25
grok-3-mini grok-3-mini-beta grok-3-mini-latest;;131072; 0.3,0.5,0.075
grok-3-mini-fast grok-3-mini-fast-beta grok-3-mini-fast-latest;;131072; 0.6,4,0.15
grok-4-0709 grok-4 grok-4-latest;;256000; 3,15,0.75
grok-4-1-fast-non-reasoning grok-4-1-fast-non-reasoning-latest;;2000000; 0.2,0.5,0.05
grok-4-1-fast grok-4-1-fast-reasoning grok-4-1-fast-reasoning-latest;;2000000; 0.2,0.5,0.05
grok-4-fast-non-reasoning grok-4-fast-non-reasoning-latest;;2000000; 0.2,0.5,0.05
grok-4-fast grok-4-fast-reasoning grok-4-fast-reasoning-latest;;2000000; 0.2,0.5,0.05
grok-4.20 grok-4.20-0309-reasoning grok-4.20-0309-non-reasoning;;1000000;2026-04-30 1.25,2.5,0.2 >199999 2.5,5,0.4
grok-4.20-multi-agent-0309 grok-4.20-multi-agent grok-4.20-multi-agent-beta-0309 grok-4.20-multi-agent-latest grok-4.20-multi-agent-beta-latest;;1000000;2026-04-30 1.25,2.5,0.2 >199999 2.5,5,0.4
grok-4.3 x-ai/grok-4.3 grok-4.3-latest;^grok-4\.3-\d{8}$|^x-ai/grok-4\.3-\d{8}$;1000000; 1.25,2.5,0.2 >199999 2.5,5,0.4
grok-4.5 x-ai/grok-4.5 grok-4.5-latest grok-latest;^grok-4\.5-\d{8}$|^x-ai/grok-4\.5-\d{8}$;500000; 2,6,0.3 >199999 4,12,0.6
grok-4.6 x-ai/grok-4.6 grok-4.6-latest;^grok-4\.6-\d{8}$|^x-ai/grok-4\.6-\d{8}$;500000; 2,6,0.5 >199999 4,12,1
grok-4.7 x-ai/grok-4.7 grok-4.7-latest;^grok-4\.7-\d{8}$|^x-ai/grok-4\.7-\d{8}$;500000; 2,6,0.5 >199999 4,12,1
grok-build-0.1;;256000; 1,2,0.2 >199999 2,4,0.4
grok-code-fast grok-code-fast-1 grok-code-fast-1-0825;;256000; 0.2,1.5,0.02
""",
    "anthropic": r"""
;^claude\-2|claude\-v2;200000; 8,24
;^claude\-3\-5\-haiku|^claude\-3\.5\-haiku;200000; 0.8,4,0.08,1
;^claude\-3\-5\-sonnet|^claude\-3\.5\-sonnet;200000; 3,15,0.3,3.75
;^claude\-3\-7\-sonnet|^claude\-3\.7\-sonnet|^claude\-sonnet\-3\.7|^claude\-sonnet\-3\-7;200000; 3,15,0.3,3.75
;^claude\-3\-haiku;200000; 0.25,1.25,0.03,0.3
;^claude\-3\-opus;200000; 15,75,1.5,18.75
;^claude\-3\-sonnet;200000; 3,15,0.3,3.75
claude-fable-5;^claude-fable-5-\d{8}$;1000000; 10,50,1,12.5
claude-fable-5-1;^claude-fable-5-1-\d{8}$;1000000; 10,50,0.25,12.5
claude-fable-5-2;^claude-fable-5-2-\d{8}$;1000000; 8,40,0.2,10
;^claude\-haiku\-4\-5|^claude\-haiku\-4\.5|^claude\-4\-5\-haiku|^claude\-4\.5\-haiku;200000; 1,5,0.1,1.25
claude-haiku-5-5;^claude-haiku-5-5-\d{8}$|^claude\-haiku\-5\-5@|^claude\-haiku\-5\.5|^claude\-5\-5\-haiku|^claude\-5\.5\-haiku;1000000; 0.1,0.5,0.01,0.125 >100000 0.5,2.5,0.05,0.625
claude-mythos-5-2;^claude-mythos-5-2-\d{8}$;1000000; 8,40,0.2,10
claude-opus-4 claude-opus-4-20250514;^claude\-opus\-4\-0|^claude\-4\-opus;200000; 15,75,1.5,18.75
;^claude\-opus\-4\-1|^claude\-opus\-4\.1;200000; 15,75,1.5,18.75
;^claude\-opus\-4\-5|^claude\-opus\-4\.5|^claude\-4\-5\-opus|^claude\-4\.5\-opus;200000; 5,25,0.5,6.25
;^claude\-opus\-4\-6|^claude\-opus\-4\.6|^claude\-4\-6\-opus|^claude\-4\.6\-opus;1000000;2026-03-13 5,25,0.5,6.25
;^claude\-opus\-4\-7|^claude\-opus\-4\.7|^claude\-4\-7\-opus|^claude\-4\.7\-opus;1000000; 5,25,0.5,6.25
;^claude\-opus\-4\-8|^claude\-opus\-4\.8|^claude\-4\-8\-opus|^claude\-4\.8\-opus;1000000; 5,25,0.5,6.25
claude-opus-5 claude-opus-5-latest;^claude-opus-5[-@]\d{8}$|^claude-opus-5-\d{4}-\d{2}-\d{2}$|^claude\-opus\-5\.0|^claude\-5\-opus|^claude\-5\.0\-opus;1000000; 5,25,0.5,6.25
claude-opus-5-5;^claude-opus-5-5-\d{8}$|^claude\-opus\-5\.5|^claude\-5\-5\-opus|^claude\-5\.5\-opus;1000000; 4,20,0.2,5
claude-sonnet-4;^claude\-sonnet\-4\-2025|^claude\-sonnet\-4\-0|^claude\-sonnet\-4@|^claude\-4\-sonnet;200000; 3,15,0.3,3.75
;^claude\-sonnet\-4\-5|^claude\-sonnet\-4\.5;200000; 3,15,0.3,3.75 >200000 6,22.5,0.6,7.5
;^claude\-sonnet\-4\-6|^claude\-sonnet\-4\.6;1000000;2026-03-13 3,15,0.3,3.75
claude-sonnet-5;^claude-sonnet-5-\d{8}$|^claude\-sonnet\-5@|^claude\-sonnet\-5\.0|^claude\-5\-sonnet|^claude\-5\.0\-sonnet;1000000; 2,10,0.2,2.5
claude-sonnet-5-5;^claude-sonnet-5-5-\d{8}$|^claude\-sonnet\-5\-5@|^claude\-sonnet\-5\.5|^claude\-5\-5\-sonnet|^claude\-5\.5\-sonnet;1000000; 2,10,0.1,2.5
claude-v1;;; 8,24
""",
    "gemini": r"""
;claude\-3\-5\-haiku;200000; 0.8,4,0.08,1
;claude\-3\-5\-sonnet;200000; 3,15,0.3,3.75
;claude\-3\-7\-sonnet;200000; 3,15,0.3,3.75
;claude\-3\-haiku;200000; 0.25,1.25,0.03,0.3
;claude\-3\-opus;200000; 15,75,1.5,18.75
claude-opus-4;claude\-4\-opus|claude\-opus\-4@|claude\-opus\-4\-0|claude\-opus\-4\-1;200000; 15,75,1.5,18.75
claude-sonnet-4 anthropic/claude-sonnet-4;claude\-4\-sonnet|claude\-sonnet\-4\-0|claude\-sonnet\-4@|claude\-sonnet\-4\-2025;200000; 3,15,0.3,3.75
;claude\-fable\-5$|claude\-fable\-5@;1000000; 10,50,1,12.5
;claude\-fable\-5\-1$|claude\-fable\-5\-1@;1000000; 10,50,0.25,12.5
;claude\-fable\-5\-2$|claude\-fable\-5\-2@;1000000; 8,40,0.2,10
;claude\-haiku\-4\-5|claude\-haiku\-4\.5;200000; 1,5,0.1,1.25
;claude\-haiku\-5\-5|claude\-haiku\-5\.5|claude\-5\-5\-haiku|claude\-5\.5\-haiku;1000000; 0.1,0.5,0.01,0.125 >100000 0.5,2.5,0.05,0.625
;claude\-4\-5\-opus|claude\-opus\-4\-5|claude\-4\.5\-opus|claude\-opus\-4\.5;200000; 5,25,0.5,6.25
;claude\-4\-6\-opus|claude\-opus\-4\-6|claude\-4\.6\-opus|claude\-opus\-4\.6;1000000;2026-03-13 5,25,0.5,6.25
;claude\-4\-7\-opus|claude\-opus\-4\-7|claude\-4\.7\-opus|claude\-opus\-4\.7;1000000; 5,25,0.5,6.25
;claude\-4\-8\-opus|claude\-opus\-4\-8|claude\-4\.8\-opus|claude\-opus\-4\.8;1000000; 5,25,0.5,6.25
;claude\-5\-opus|claude\-opus\-5$|claude\-opus\-5@|claude\-5\.0\-opus|claude\-opus\-5\.0;1000000; 5,25,0.5,6.25
;claude\-5\-5\-opus|claude\-opus\-5\-5$|claude\-opus\-5\-5@|claude\-5\.5\-opus|claude\-opus\-5\.5;1000000; 4,20,0.2,5
;claude\-sonnet\-4\-5|claude\-sonnet\-4\.5;200000; 3,15,0.3,3.75 >200000 6,22.5,0.6,7.5
;claude\-sonnet\-4\-6|claude\-sonnet\-4\.6;1000000; 3,15,0.3,3.75
;claude\-sonnet\-5\-5|claude\-sonnet\-5\.5|claude\-5\-5\-sonnet|claude\-5\.5\-sonnet;1000000; 2,10,0.1,2.5
gemini-1.0-pro-vision-001;;32768; 0.125,0.375
;gemini\-1\.5\-flash;1000000; 0.075,0.3,0.01875 >128000 0.15,0.6,0.0375
;gemini\-1\.5\-pro;1000000; 1.25,5 >128000 2.5,10
;gemini\-2\.0\-flash$|gemini\-2\.0\-flash\-0|gemini\-2\.0\-flash\-exp|gemini\-2\.0\-flash\-thinking|gemini\-2\.0\-flash\-latest;1000000; 0.1,0.4,0.025
;gemini\-2\.0\-flash\-lite;1000000; 0.075,0.3
gemini-2.5-flash gemini-2.5-flash-latest gemini-2.5-flash-preview-09-2025;;1048576; 0.3,2.5,0.03
gemini-2.5-flash-lite;^(?=gemini\-2\.5\-flash\-lite\-preview)(?=(?!.*-[tT][tT][sS](?:$|-)));1000000; 0.1,0.4,0.01
gemini-2.5-flash-preview-05-20:thinking gemini-2.5-flash-preview gemini-2.5-flash-preview:thinking;gemini\-2\.5\-flash\-preview\-05\-20|gemini\-2\.5\-flash\-preview\-04\-17;; 0.15,0.6
;^(?=gemini\-2\.5\-pro)(?=(?!.*-[tT][tT][sS](?:$|-)));; 1.25,10,0.125 >200000 2.5,15,0.25
gemini-3-flash-preview;^gemini\-3\-flash\-preview\-;1000000;2026-01-05 0.5,3,0.05
gemini-3-pro-text-preview;^gemini\-3\-pro\-preview;;2026-01-05 2,12,0.2 >200000 4,18,0.4
gemini-3.1-flash-lite;^gemini\-3\.1\-flash\-lite\-preview;1000000; 0.25,1.5,0.025
gemini-pro-latest;^gemini\-3\.1\-pro\-preview;; 2,12,0.2 >200000 4,18,0.4
gemini-3.5-flash;^gemini\-3\.5\-flash\-preview|^gemini-3\.5-flash-\d;1000000; 1.5,9,0.15
gemini-flash-lite-latest;^gemini\-3\.5\-flash\-lite;1000000; 0.3,2.5,0.03
;^gemini\-3\.6\-flash;1000000; 0.75,3.75,0.075;2027-01-01 1.5,7.5,0.15
;^gemini\-3\.7\-flash;1000000; 0.75,3.75,0.075;2027-01-01 1.5,7.5,0.15
gemini-flash-latest;^(?=gemini\-3\.8\-flash)(?=(?!.*-[tT][tT][sS](?:$|-)));1000000; 0.75,3.75,0.075;2027-01-01 1.5,7.5,0.15
gemini-4-argon;^gemini\-4\-argon\-preview|^gemini-4-argon-\d;1048576; 2,10,0.1;2026-12-01 4,20,0.2
gemini-flash-1.5;;; 0.075,0.3,0.01875 >128000 0.15,0.6,0.0375
gemini-flash-1.5-8b;;1000000; 0.0375,0.15,0.01 >128000 0.075,0.3,0.02
gemini-nano-banana-2.1;;; 1.5,7.5
gemini-omni-1.1-flash;;; 1.5,9
;^gemini\-omni\-flash\-preview;; 1.5,9
gemini-pro gemini-1.0-pro;;32768; 0.125,0.375
gemini-pro-1.5;;2000000; 1.25,5,0.3125 >128000 2.5,10,0.625
gemini-robotics-er-2-preview;;; 1,5,0.1;2027-01-01 2,10,0.2
gemini-robotics-er-2-streaming-preview;;; 1,5;2027-01-01 2,10
gemma-2-27b-it;;; 0.65,0.65
gemma-4-26b-a4b-it-maas;;262144; 0.15,0.6,0.015
""",
}
