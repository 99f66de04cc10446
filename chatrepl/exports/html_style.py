"""How an exported page looks: on a phone, on a desk, in the dark and on paper."""

from __future__ import annotations

STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #57606a; --line: #d0d7de; --page: #ffffff; --mine: #eef3f9;
  --code: #f6f8fa; --link: #0550ae; --good: #116329; --bad: #a40e26; --warn: #7d4e00; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --soft: #9da7b3; --line: #3d444d; --page: #0d1117;
  --mine: #161f2b; --code: #161b22; --link: #79c0ff; --good: #7ee787; --bad: #ff9492; --warn: #f0c76a; } }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0 auto; max-width: 48rem; padding: 1rem 1rem 4rem; background: var(--page); color: var(--ink);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 1rem 0 0.25rem; }
article > h2 { font-size: 1.3rem; line-height: 1.3; margin: 3rem 0 0.25rem; padding-top: 1rem;
  border-top: 2px solid var(--line); }
a { color: var(--link); }
.about, .foot, .who { color: var(--soft); font-size: 0.85rem; }
.about { margin: 0 0 1.5rem; }
.message { margin: 1.25rem 0; }
.user { background: var(--mine); border-radius: 0.6rem; padding: 0.6rem 0.9rem; }
.who { font-weight: 600; margin: 0 0 0.25rem; }
.text > :first-child { margin-top: 0; }
.text > :last-child { margin-bottom: 0; }
.text h1, .text h2, .text h3, .text h4, .text h5, .text h6 { font-size: 1.1rem; line-height: 1.35; margin: 1.2rem 0 0.5rem; }
.foot { margin: 0.4rem 0 0; }
.up { color: var(--good); } .down { color: var(--bad); } .broken { color: var(--warn); }
pre { background: var(--code); border: 1px solid var(--line); border-radius: 0.4rem; padding: 0.7rem 0.9rem; overflow-x: auto;
  overflow-wrap: normal; line-height: 1.4; font-size: 0.85rem; tab-size: 4; }
code { font-family: ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, monospace; }
:not(pre) > code { background: var(--code); border-radius: 0.25rem; padding: 0.1em 0.3em; font-size: 0.88em; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; }
th, td { overflow-wrap: normal; border: 1px solid var(--line); padding: 0.3rem 0.6rem; text-align: start; vertical-align: top; }
blockquote { margin: 0.8rem 0; padding: 0 0 0 0.9rem; border-inline-start: 3px solid var(--line); color: var(--soft); }
details { border: 1px solid var(--line); border-radius: 0.4rem; padding: 0.3rem 0.8rem; margin: 0.6rem 0; }
summary { cursor: pointer; color: var(--soft); font-size: 0.9rem; }
details > .text { margin: 0.5rem 0; }
.plain { white-space: pre-wrap; }
img { max-width: 100%; }
nav { margin-top: 4rem; border-top: 2px solid var(--line); }
nav li { margin: 0.3rem 0; }
@media print {
  :root { --ink: #000; --soft: #444; --line: #bbb; --page: #fff; --mine: #f1f1f1; --code: #f6f6f6; --link: #000;
    --good: #000; --bad: #000; --warn: #000; }
  body { max-width: none; padding: 0; font-size: 10.5pt; -webkit-print-color-adjust: exact; print-color-adjust: exact; }
  pre { white-space: pre-wrap; overflow-wrap: anywhere; }
  pre, table, .user { break-inside: avoid-page; }
  h1, h2, h3, .who { break-after: avoid; }
  .text a[href]::after { content: " (" attr(href) ")"; font-size: 0.85em; }
  article > h2 { break-before: page; }
}
"""

CODE_THEMES = ("default", "github-dark")
"""The styles of pygments for highlighted code, in the light and in the dark."""
