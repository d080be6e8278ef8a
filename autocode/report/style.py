"""How the page of a report looks: light and dark, wide and narrow, on paper."""

STYLE = """
:root { color-scheme: light dark; --ink: #1a1a1a; --quiet: #555; --paper: #fff; --rule: #d5d5d5;
  --link: #1d4f7c;
  --mark: #2f6690; --warn: #fff6e0; --warn-edge: #b87400; --tag: #6b3600; --tag-paper: #fff0d9;
    --box: #f2f2f2 }
@media screen and (prefers-color-scheme: dark) {
  :root { --ink: #e8e8e8; --quiet: #b0b0b0; --paper: #15181b; --rule: #3d4348; --link: #9ecbf0;
    --mark: #8ec1e8;
    --warn: #33290f; --warn-edge: #d79a2b; --tag: #ffd59a; --tag-paper: #45300f; --box: #23282c }
}
body { font: 1rem/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper) }
body { max-width: 64rem; margin: 2rem auto; padding: 0 1rem; overflow-wrap: break-word }
h1, h2, h3 { line-height: 1.2; text-wrap: balance } h2 { margin: 3rem 0 .8rem }
h3 { margin: 1.8rem 0 .6rem }
p, li, dd { max-width: 44rem } a { color: var(--link) } li { margin: .2rem 0 }
nav ul { display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; padding: 0; list-style: none }
.headline { font-size: 1.9rem; font-weight: 650; margin: 0; font-variant-numeric: tabular-nums;
  line-height: 1.25 }
.headline + p { margin-top: .3rem }
.wide { overflow-x: auto; margin: 1.5rem 0 0 } :focus-visible { outline: 2px solid var(--link) }
table { border-spacing: 0; font-variant-numeric: tabular-nums; font-size: .93rem }
table { min-width: min(24rem, 100%) }
caption { text-align: left; padding-bottom: .5rem }
caption span { display: block; max-width: min(44rem, calc(100vw - 2rem)); position: sticky; left: 0 }
th, td { padding: .28rem .6rem; text-align: right; border-bottom: 1px solid var(--rule);
  vertical-align: top }
th, td, li, dd, p, q, blockquote { unicode-bidi: plaintext }
td { white-space: nowrap } tbody th { font-weight: 400 }
th.text, td.text { text-align: left; white-space: pre-line }
th.prose, td.prose { overflow-wrap: anywhere }
td.text { min-width: 7rem; max-width: 26rem } tbody th.text { min-width: 7rem; max-width: 20rem }
td.tight, tbody th.tight { min-width: 2rem; white-space: pre }
thead th, thead td { vertical-align: bottom; max-width: 8.5rem }
thead th, thead td { border-bottom: 2px solid var(--quiet);
  font-weight: 600 }
tbody th { position: sticky; left: 0; background: var(--paper) }
.below { display: block; color: var(--quiet); font-size: .86em }
tr.few th, tr.few td { color: var(--quiet) }
tr.strong th, tr.strong td, th b, td b { font-weight: 650 } sup a { text-decoration: none; padding: 0 .1rem }
sup { line-height: 0 }
.tag { font-size: .8rem; color: var(--tag); background: var(--tag-paper); padding: 0 .35rem;
  border-radius: .2rem }
.tag { white-space: nowrap; font-weight: 400 }
.notes { color: var(--quiet); font-size: .86rem; margin: .5rem 0 1.5rem } .notes p { margin: .15rem 0 }
table.apa { border-top: 2px solid; border-bottom: 2px solid } .apa th, .apa td { border-bottom: 0 }
.apa thead th { border-bottom: 1px solid } .apa caption i { display: block }
figure { margin: 1.5rem 0 }
figure svg { max-width: 48rem; width: 100%; min-width: 34rem; height: auto; display: block }
figcaption { color: var(--quiet); font-size: .93rem; max-width: 44rem; margin-top: .4rem }
figcaption b, .notes b { color: var(--ink) }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .35rem 1.2rem }
dt { font-weight: 600 } dd { margin: 0; overflow-wrap: anywhere }
dl.index { display: block; font-size: .93rem } .index dd { margin: 0 0 .6rem; max-width: none }
.lead { font-size: 1.1rem } :target { outline: 2px solid var(--mark); outline-offset: 2px }
svg a { cursor: pointer } svg a:hover { text-decoration: underline }
.warning { background: var(--warn); border-left: 4px solid var(--warn-edge); padding: .2rem 1rem;
  max-width: 44rem }
.warning ul { padding-left: 1.2rem }
.up { font-size: .86rem; margin: 1.5rem 0 0 }
.paste { background: var(--box); padding: .1rem 1rem; max-width: 44rem; user-select: all }
mark { background: var(--tag-paper); color: var(--tag) }
svg text { fill: var(--ink); font: 13px system-ui, sans-serif }
svg .quiet, svg .few text { fill: var(--quiet) }
svg .end { text-anchor: end } svg .bar { stroke: var(--mark); stroke-width: 2.2 }
svg .bold { font-weight: 650 }
svg .dot { fill: var(--mark); stroke: var(--mark); stroke-width: 1.6 } svg .grid { stroke: var(--rule) }
svg .few .bar { stroke: var(--quiet); stroke-width: 1.3 }
svg .few .dot { fill: var(--paper); stroke: var(--quiet) }
svg .limit { stroke: var(--ink); stroke-width: 1.2 } svg .dashed { stroke-dasharray: 5 4 }
svg .whole .bar, svg .whole .dot { stroke: var(--ink) } svg .whole .dot { fill: var(--ink) }
@media (max-width: 44rem) {
  body { margin: 1rem auto } th, td { padding: .25rem .4rem } table { font-size: .86rem }
  caption { font-size: 1rem }
  td.text { max-width: 16rem } tbody th.text { max-width: 9.5rem } .headline { font-size: 1.5rem }
  dl { grid-template-columns: 1fr; gap: 0 } dd { margin-bottom: .6rem }
}
@page { margin: 1.5cm }
@media print {
  html { font-size: 9.5pt }
  body { max-width: none; margin: 0; padding: 0 } nav, .up { display: none }
  .wide { overflow: visible } table { font-size: 8pt } th, td { padding: .1rem .25rem }
  td.text { min-width: 3rem }
  tbody th.text { min-width: 4rem; max-width: 10rem }
  .many thead th { max-width: 4.5rem; overflow-wrap: anywhere }
  tbody th { position: static } tr, .warning, .paste, dt, dd { break-inside: avoid }
  thead { display: table-header-group } h2, h3, caption { break-after: avoid }
  figure svg { max-height: 22cm }
  .paste, .warning { border: 1px solid #999 } a { color: inherit }
}
"""
