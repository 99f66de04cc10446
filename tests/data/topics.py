"""What the documents are about: words that the sentences are made of."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Topic:
    """A field, and the words of it."""

    name: str
    package: str
    nouns: tuple[str, ...]
    verbs: tuple[str, ...]
    """What is done to the nouns, such as ``tune``."""
    qualities: tuple[str, ...]
    fields: tuple[str, ...]
    """Names as they stand in code."""


def _topic(name: str, package: str, nouns: str, verbs: str, qualities: str, fields: str) -> Topic:
    return Topic(
        name,
        package,
        tuple(nouns.split(", ")),
        tuple(verbs.split(", ")),
        tuple(qualities.split(", ")),
        tuple(fields.split()),
    )


TOPICS = (
    _topic(
        "a bakery's oven log", "crumbline",
        "starter, dough, loaf, crust, oven, steam tray, proving basket, flour blend, baking stone, cooling rack, rye sour, batch sheet",
        "knead, weigh, proof, shape, score, chill, bake, label, refresh, fold",
        "slack, glossy, open-crumbed, overproofed, golden, dense, lukewarm, well-salted",
        "hydration_percent proof_minutes oven_celsius batch_id flour_grams starter_age steam_s crumb_score",
    ),
    _topic(
        "a database for measurements", "tidemark",
        "segment, block, index, write-ahead log, query plan, tag, retention rule, compaction, bucket, snapshot, replica, cursor",
        "ingest, compact, shard, replay, scan, downsample, expire, merge, pin, restore",
        "append-only, cold, monotonic, sparse, write-heavy, durable, out-of-order, immutable",
        "segment_bytes flush_interval_ms max_open_blocks retention_days shard_key wal_path scan_limit merge_fanout",
    ),
    _topic(
        "the care of bicycles", "spokewise",
        "chain, cassette, derailleur hanger, bottom bracket, brake pad, spoke, rim tape, headset, cable housing, freehub, torque wrench, jockey wheel",
        "true, grease, index, bleed, tension, degrease, align, torque, replace, inspect",
        "worn, seized, tubeless, squeaky, cross-threaded, well-oiled, loose, rust-free",
        "torque_nm chain_wear_percent spoke_count rim_width_mm pad_depth_mm cassette_teeth pressure_bar mileage_km",
    ),
    _topic(
        "pictures of the night sky", "nightplate",
        "guide star, dark frame, flat field, stack, nebula, filter wheel, polar alignment, sub-exposure, plate solver, dew heater, gradient, histogram",
        "stack, calibrate, stretch, guide, solve, debayer, reject, drizzle, align, expose",
        "noisy, faint, saturated, well-guided, narrowband, washed-out, sharp, moonlit",
        "exposure_s gain_db sensor_celsius frame_count focal_mm dither_px sigma_clip guide_rms_arcsec",
    ),
    _topic(
        "watering a garden", "rillkeeper",
        "raised bed, drip line, soil probe, rain barrel, valve, seedling tray, mulch, compost heap, trellis, frost date, pressure regulator, planting plan",
        "water, mulch, prune, flush, thin, transplant, meter, stake, harvest, winterise",
        "shaded, waterlogged, dry, well-drained, frost-tender, early, root-bound, sunlit",
        "flow_l_per_min moisture_percent valve_id zone_name rain_mm frost_date pump_watts tank_litres",
    ),
    _topic(
        "an engine that plays chess", "pawnstorm",
        "transposition table, opening book, endgame table, move ordering, quiescence search, evaluation, pawn structure, time control, bitboard, null move, killer move, principal variation",
        "search, prune, evaluate, extend, hash, sort, reduce, probe, tune, ponder",
        "forced, quiet, drawn, sharp, passed, blocked, tactical, sound",
        "depth nodes_per_s hash_mb contempt move_overhead_ms multi_pv book_path aspiration_window",
    ),
    _topic(
        "a generator for small sites", "leafpress",
        "template, page, feed, front matter, asset, theme, permalink, sitemap, draft, taxonomy, partial, stylesheet",
        "render, publish, minify, link, cache, preview, translate, paginate, import, rebuild",
        "static, incremental, accessible, stale, responsive, broken, canonical, multilingual",
        "base_url output_dir theme_name page_size draft_mode feed_limit cache_ttl_s asset_hash",
    ),
    _topic(
        "learning vocabulary", "wordhoard",
        "card, deck, review, interval, hint, example sentence, streak, recording, lapse, cloze, word family, dictionary entry",
        "review, schedule, suspend, record, translate, repeat, import, bury, grade, pronounce",
        "overdue, difficult, irregular, ripe, spoken, half-known, rare, idiomatic",
        "interval_days ease_factor lapse_count deck_name due_at new_per_day grade audio_path",
    ),
    _topic(
        "a synthesiser", "humbox",
        "oscillator, envelope, filter, voice, patch, modulation wheel, delay line, reverb tail, sample rate, sequencer, wavetable, noise source",
        "patch, detune, sweep, gate, sample, quantise, mix, sequence, resonate, limit",
        "analogue, detuned, bright, monophonic, warm, aliased, percussive, velocity-sensitive",
        "cutoff_hz resonance attack_ms release_ms voice_count sample_rate_hz drive_db lfo_rate_hz",
    ),
    _topic(
        "a network at home", "hearthnet",
        "router, access point, lease, firewall rule, guest network, switch port, resolver, tunnel, certificate, packet capture, backup link, printer",
        "route, bridge, isolate, ping, forward, renew, trace, log, throttle, reboot",
        "flaky, encrypted, misconfigured, redundant, local, public, rate-limited, silent",
        "lease_s vlan_id mtu_bytes dns_server port_forward wan_mbps ping_ms allow_list",
    ),
)  # fmt: skip
