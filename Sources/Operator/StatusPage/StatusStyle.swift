/// What the pages look like: one style sheet and one icon, served by the worker itself. Light or dark as the reader's
/// system says; no fonts, pictures or scripts from anywhere.
enum StatusStyle {
  static let icon = """
    <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="#2f6fb5" stroke-width="2.4" \
    stroke-linecap="round" stroke-linejoin="round"><path d="M3 8h12a4 4 0 0 1 0 8H6"/><path d="m9 12-3.5 4L9 20"/></svg>
    """

  static let sheet = """
    :root {
      color-scheme: light dark;
      --ground: #f7f7f5; --card: #ffffff; --ink: #1d2228; --quiet: #59636e; --line: #e2e4e6; --accent: #1b5fa6;
      --good: #1a7442; --busy: #1b5fa6; --warn: #855300; --bad: #ac241c; --wash: #fbf4e6; --code: #f0f1f2;
    }
    @media (prefers-color-scheme: dark) {
      :root {
        --ground: #121518; --card: #1a1e22; --ink: #e4e7ea; --quiet: #9ea8b2; --line: #2b3137; --accent: #82b6f2;
        --good: #63cb90; --busy: #82b6f2; --warn: #e2b457; --bad: #f28f87; --wash: #26221a; --code: #23282d;
      }
    }
    * { box-sizing: border-box; }
    html { -webkit-text-size-adjust: 100%; }
    body {
      margin: 0 auto; max-width: 92rem; padding: 0 clamp(1rem, 3vw, 2.5rem) 3rem; background: var(--ground);
      color: var(--ink); font: 400 .9375rem/1.55 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif;
    }
    a { color: var(--accent); text-decoration-thickness: 1px; text-underline-offset: .18em; }
    a:hover { text-decoration-thickness: 2px; }
    :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 3px; }
    main:focus { outline: none; }
    .skip { position: absolute; left: -100rem; }
    .skip:focus { left: 1rem; top: .5rem; background: var(--card); padding: .5rem 1rem; z-index: 1; }
    header {
      display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: .25rem 1.5rem;
      padding: 1.1rem 0 .9rem; border-bottom: 1px solid var(--line);
    }
    nav { display: flex; align-items: center; gap: 1.25rem; }
    nav a { color: var(--quiet); text-decoration: none; }
    nav a:hover { color: var(--accent); text-decoration: underline; }
    nav .brand { display: flex; align-items: center; gap: .5rem; color: var(--ink); font-weight: 650; }
    .mark {
      width: 1.35rem; height: 1.35rem; fill: none; stroke: var(--accent); stroke-width: 2.2; stroke-linecap: round;
      stroke-linejoin: round;
    }
    .health { margin: 0; }
    footer { margin-top: 3rem; color: var(--quiet); font-size: .8125rem; overflow-wrap: anywhere; }
    h1 { margin: 1.75rem 0 .25rem; font-size: 1.625rem; font-weight: 650; line-height: 1.25; overflow-wrap: anywhere; }
    h2 { margin: 0; font-size: 1.0625rem; font-weight: 600; }
    .lead { margin: .25rem 0; color: var(--quiet); max-width: 60rem; }
    .lead strong { color: var(--ink); font-weight: 600; }
    section { margin-top: 1.5rem; padding: 1.1rem 1.35rem 1.2rem; background: var(--card); border: 1px solid var(--line);
      border-radius: 10px; }
    .head { display: flex; justify-content: space-between; gap: 1rem; margin-bottom: .6rem; }
    .note { margin: .35rem 0 0; color: var(--quiet); }
    .note.warn { color: var(--warn); }
    .why { margin: 1rem 0 0; font-size: 1.0625rem; overflow-wrap: anywhere; }
    .banner { background: var(--wash); border-color: var(--warn); }
    .banner p { margin: .4rem 0 0; overflow-wrap: anywhere; }
    .figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); margin: 1.5rem 0 0;
      background: var(--card); border: 1px solid var(--line); border-radius: 10px; overflow: hidden; }
    .figures div { outline: 1px solid var(--line); padding: .8rem 1.1rem .85rem; }
    .figures dt { color: var(--quiet); font-size: .8125rem; }
    .figures dd { margin: .1rem 0 0; font-size: 1.5rem; font-weight: 600; line-height: 1.3;
      font-variant-numeric: tabular-nums; }
    .figures .warn dd { color: var(--warn); }
    table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
    caption { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
    th { padding: .3rem .9rem .4rem 0; color: var(--quiet); font-size: .8125rem; font-weight: 500; text-align: left;
      white-space: nowrap; border-bottom: 1px solid var(--line); }
    td { padding: .45rem .9rem .45rem 0; border-bottom: 1px solid var(--line); vertical-align: top;
      overflow-wrap: anywhere; }
    tbody tr:last-child td { border-bottom: 0; padding-bottom: .1rem; }
    th:last-child, td:last-child { padding-right: 0; }
    .number { text-align: right; white-space: nowrap; }
    .number + :not(.number) { padding-left: 1.5rem; }
    .none { color: var(--quiet); }
    .id, code, .code { font-family: ui-monospace, "SF Mono", "DejaVu Sans Mono", monospace; font-size: .84em; }
    h1 .id { font-size: .62em; font-weight: 400; color: var(--quiet); }
    code { padding: .1em .4em; background: var(--code); border-radius: 4px; overflow-wrap: anywhere; }
    .code { color: var(--quiet); }
    time { white-space: nowrap; }
    .state { display: inline-flex; align-items: baseline; gap: .45em; white-space: nowrap; }
    .state::before { content: ""; width: .55em; height: .55em; border-radius: 50%; background: var(--quiet);
      flex: none; align-self: center; }
    .state.good { color: var(--good); } .state.good::before { background: var(--good); }
    .state.busy { color: var(--busy); } .state.busy::before { background: var(--busy); }
    .state.warn { color: var(--warn); } .state.warn::before { background: var(--warn); }
    .state.bad { color: var(--bad); } .state.bad::before { background: var(--bad); }
    .progress { display: grid; gap: .15rem; min-width: 9rem; max-width: 24rem; }
    progress { appearance: none; width: 100%; height: .4rem; border: 0; border-radius: 3px; overflow: hidden;
      background: var(--line); color: var(--busy); }
    progress::-webkit-progress-bar { background: var(--line); }
    progress::-webkit-progress-value { background: var(--busy); }
    progress::-moz-progress-bar { background: var(--busy); }
    .attention, .commands { margin: 0; padding: 0; list-style: none; }
    .attention > li { padding: .65rem 0 .65rem .9rem; border-left: 3px solid var(--warn); }
    .attention > li + li { margin-top: .55rem; }
    .attention p { margin: 0; overflow-wrap: anywhere; }
    .commands { display: flex; flex-wrap: wrap; gap: .35rem .6rem; margin-top: .35rem; }
    .acts { display: inline-flex; flex-wrap: wrap; gap: .4rem; margin-left: .75rem; }
    td .acts:first-child { margin-left: 0; }
    .act, button { display: inline-block; padding: .12rem .7rem; border: 1px solid var(--accent); border-radius: 6px;
      background: none; color: var(--accent); font: inherit; text-decoration: none; cursor: pointer; }
    .act:hover, button:hover { background: var(--accent); color: var(--card); text-decoration: none; }
    form { display: grid; gap: .9rem; max-width: 30rem; margin-top: 1rem; }
    label { display: grid; gap: .25rem; font-weight: 500; }
    label small { color: var(--quiet); font-weight: 400; }
    input { width: 100%; padding: .5rem .65rem; border: 1px solid var(--quiet); border-radius: 6px;
      background: var(--ground); color: var(--ink); font: inherit; }
    form p { display: flex; align-items: center; gap: 1.25rem; margin: .25rem 0 0; }
    form button { padding: .45rem 1.2rem; background: var(--accent); color: var(--card); font-weight: 600; }
    .facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 14rem), 1fr)); gap: .8rem 1.5rem;
      margin: 0; }
    .facts dt { color: var(--quiet); font-size: .8125rem; }
    .facts dd { margin: 0; overflow-wrap: anywhere; }
    .trend { margin: 1.5rem 0 0; }
    .plot { position: relative; height: 12rem; }
    .plot svg { display: block; width: 100%; height: 100%; overflow: visible; }
    .plot path { fill: none; stroke-width: 2; vector-effect: non-scaling-stroke; }
    .plot .grid { stroke: var(--line); stroke-width: 1; }
    .plot .forecast { stroke: var(--accent); }
    .plot .plan { stroke: var(--quiet); stroke-dasharray: 5 4; }
    .plot .actual { stroke: var(--good); }
    .plot span { position: absolute; right: 0; top: -1.45rem; color: var(--quiet); font-size: .8125rem; }
    .ends { display: flex; justify-content: space-between; margin-top: .25rem; color: var(--quiet); font-size: .8125rem; }
    .trend ul { display: flex; flex-wrap: wrap; gap: .35rem 2rem; margin: .75rem 0; padding: 0; list-style: none;
      font-variant-numeric: tabular-nums; }
    .trend li::before { content: ""; display: inline-block; width: 1.4rem; margin-right: .5rem; vertical-align: middle;
      border-top: 2px solid var(--accent); }
    .trend li.plan::before { border-top: 2px dashed var(--quiet); }
    .trend li.actual::before { border-color: var(--good); }
    .trend strong { font-weight: 600; }
    summary { color: var(--accent); cursor: pointer; }
    details table { margin-top: .6rem; }
    @media (max-width: 60rem) {
      section { padding: 1rem 1.1rem; }
      table, tbody, tr, td { display: block; }
      thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
      tr { padding: .65rem 0; border-bottom: 1px solid var(--line); }
      tbody tr:last-child { border-bottom: 0; padding-bottom: 0; }
      td { display: grid; grid-template-columns: minmax(7rem, 32%) 1fr; gap: .75rem; padding: .14rem 0; border: 0; }
      td::before { content: attr(data-label); color: var(--quiet); font-size: .8125rem; }
      .number, .number + :not(.number) { padding-left: 0; text-align: left; }
      .health .state { white-space: normal; }
      .acts { margin-left: 0; }
    }
    @media (min-width: 46rem) and (max-width: 60rem) {
      tr { display: grid; grid-template-columns: 1fr 1fr; gap: 0 1.5rem; }
    }
    @media print { nav, .acts, .skip { display: none; } section { break-inside: avoid; } }

    """
}
