"use strict";
// The review page's script: keys, decisions that are sent once and shown when they are stored, filters.
(() => {
  const body = document.body;
  if (!body.dataset.csrf) return;
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const keys = JSON.parse(body.dataset.keys);
  const actionOf = Object.fromEntries(Object.entries(keys).map(([name, key]) => [key, name]));
  const view = $("[data-view]");
  const order = () => (view && view.dataset.order) || "";
  const told = $("#told"), offline = $("#offline");
  let toldTimer;
  const tell = (text) => {
    told.textContent = text;
    clearTimeout(toldTimer);
    toldTimer = setTimeout(() => { told.textContent = ""; }, 4000);
  };
  const newKey = () => {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  };

  async function api(path, options = {}) {
    const headers = { "X-CSRF-Token": body.dataset.csrf, "Content-Type": "application/json" };
    const response = await fetch(path, { ...options, headers }).catch(() => {
      throw new Error("No connection to autocode: start 'autocode review' again.");
    });
    const answer = await response.json().catch(() => ({}));
    if (!response.ok) {
      const error = new Error(answer.error || `the server answers ${response.status}`);
      error.status = response.status;
      error.reload = Boolean(answer.reload);
      throw error;
    }
    return answer;
  }

  // Requests are kept here until the server has stored them, in their order, each under its own key:
  // a lost connection delays them, and sending one twice stores it once. Another project may be served at the
  // same address later, so the box is the project's; each lies there by itself, so that tabs leave each
  // other's alone.
  const box = `autocode-waiting-${body.dataset.project}-${body.dataset.coder}`;
  const inBox = (one) => `${box}-${one.at}-${one.request.key}`;
  const waiting = Object.keys(localStorage).filter((name) => name.startsWith(`${box}-`))
    .map((name) => JSON.parse(localStorage.getItem(name))).sort((a, b) => a.at - b.at);
  let sending = false, retry;
  const sent = () => localStorage.removeItem(inBox(waiting.shift()));
  function send(path, request) {
    if (view && view.dataset.other) {
      tell(`This is what ${view.dataset.other} decided; go back to your own decisions first.`);
      $$(".pending").forEach((node) => node.classList.remove("pending"));
      return;
    }
    const one = { path, request, at: Date.now() };
    waiting.push(one);
    localStorage.setItem(inBox(one), JSON.stringify(one));
    flush();
  }
  function reloadedJustNow() {
    const before = +sessionStorage.getItem("autocode-reloaded") || 0;
    sessionStorage.setItem("autocode-reloaded", Date.now());
    return Date.now() - before < 5000;
  }
  async function flush() {
    if (sending) return;
    sending = true;
    clearTimeout(retry);
    while (waiting.length) {
      const { path, request } = waiting[0];
      try {
        const answer = await api(path, { method: "POST", body: JSON.stringify(request) });
        sent();
        offline.hidden = true;
        show(answer, request);
      } catch (error) {
        if (error.status === 401) { location.href = "/sign-in"; break; }  // it waits until its coder is back
        if (error.reload && !reloadedJustNow()) { location.reload(); break; }  // so does what an older page wanted
        if (error.status && error.status !== 503) {
          sent();
          tell(error.message);
          $$(".pending").forEach((node) => node.classList.remove("pending"));
          continue;
        }
        const n = waiting.length;
        const why = error.status ? "autocode cannot store anything just now" : "No connection to autocode";
        offline.textContent = `${why}: ${n} decision${n === 1 ? " waits" : "s wait"} here and will be sent.`;
        offline.hidden = false;
        retry = setTimeout(flush, 1500);
        break;
      }
    }
    sending = false;
  }
  window.addEventListener("online", flush);

  function show(answer, request) {
    for (const [key, html] of Object.entries(answer.units || {})) replaceUnit(key, html);
    if (answer.next !== null && answer.next !== undefined) {
      const place = $("#queue-unit");
      if (place) { place.innerHTML = answer.next; focusFirst(); }
    }
    for (const [key, list] of Object.entries(answer.spans || {})) {
      if (view && view.dataset.transcriptKey === key) { view.dataset.spans = JSON.stringify(list); drawSpans(); }
    }
    const done = $("#n-done");
    if (done) done.textContent = $$(".unit.done").length;
    if (answer.message) tell(answer.message);
    drawMap();
    markPanel();
    placeTools();
    offerAccept();
    if (request && request.kind === "bulk") filter();
    if (request && request.then === "next") move(1, true);
    if (answer.kind === "memo" && !view) location.reload();  // pages that show memos as they stand
    document.dispatchEvent(new CustomEvent("stored", { detail: answer }));
  }

  function replaceUnit(key, html) {
    late.delete(key);
    const old = document.getElementById(`u${key}`);
    if (!old) return;
    const had = old === current();
    const focusCode = had && document.activeElement.dataset && document.activeElement.dataset.code;
    const template = document.createElement("template");
    template.innerHTML = html.trim();
    const fresh = template.content.firstElementChild;
    old.replaceWith(fresh);
    if (had) {
      const inner = focusCode && $(`[data-code="${CSS.escape(focusCode)}"]`, fresh);
      (inner || fresh).focus({ preventScroll: true });
      last = fresh;
    }
    redrawSpans();
  }

  // Where the coder is
  let last = null;
  const units = () => $$(".unit.codable:not(.filtered)");
  const current = () => {
    const inside = document.activeElement && document.activeElement.closest(".unit.codable");
    if (inside) { last = inside; return inside; }
    if (last && document.contains(last)) return last;
    return view && view.dataset.view === "queue" ? $(".unit.codable") : null;
  };
  function focus(unit) {
    if (!unit) return;
    last = unit;
    unit.focus({ preventScroll: true });
    unit.scrollIntoView({ block: "nearest" });
    markPanel();
  }
  function focusFirst() {
    if (!view) return;
    const target = location.hash && view.dataset.view === "read" && $(location.hash.replace(/[^#\w-]/g, ""));
    if (target && target.classList.contains("unit")) { focus(target); target.scrollIntoView({ block: "center" }); return; }
    if (view.dataset.view === "queue") { const unit = $(".unit.codable"); if (unit) { last = unit; unit.focus({ preventScroll: true }); markPanel(); } }
  }
  function move(step, undecided = false) {
    const all = units();
    if (!all.length) return;
    const here = current();
    let at = all.indexOf(here);
    if (at < 0) {  // nowhere, or on one that the filter has taken away since: begin where it stands
      const next = here ? all.findIndex((unit) => here.compareDocumentPosition(unit) & Node.DOCUMENT_POSITION_FOLLOWING) : 0;
      const behind = next < 0 || (!here && step < 0) ? all.length : next;
      at = step > 0 ? behind - 1 : behind;
    }
    for (let i = at + step; i >= 0 && i < all.length; i += step) {
      if (!undecided || !all[i].classList.contains("done")) { focus(all[i]); return; }
    }
    tell(undecided ? "Everything below is done." : step > 0 ? "This is the end." : "This is the beginning.");
  }

  // Decisions
  function decide(unit, code, applies) {
    send("/api/act", { key: newKey(), kind: "decide", codes: [{ unit: +unit.dataset.unit, code, applies }] });
  }
  function toggle(chip) {
    const unit = chip.closest(".unit");
    const next = { open: true, on: false, off: null }[chip.dataset.state];
    chip.classList.add("pending");
    decide(unit, chip.dataset.code, next);
  }
  function firstOpen(unit) { return $('.code[data-state="open"]', unit); }
  // In the order of decisions by an older rule, going on keeps what was not changed
  function keepOld(unit) { send("/api/keep", { key: newKey(), unit: +unit.dataset.unit, order: order() }); }
  function done(unit) {
    if (order() === "old_rule") { keepOld(unit); return; }
    const was = unit.classList.contains("done");
    $(".finish", unit).classList.add("pending");
    const request = { key: newKey(), kind: "done", done: [{ unit: +unit.dataset.unit, done: true }] };
    if (view.dataset.view === "queue") {
      request.order = order();
      if (unit.dataset.blind) { delete request.order; }  // first look at what is shown now
      else if (was) { send("/api/act", { key: newKey(), order: order() }); return; }
      send("/api/act", request);
    } else if (was) move(1, true);
    else { send("/api/act", request); if (!unit.dataset.blind) move(1, true); }
  }
  function reopen(unit) {
    send("/api/act", { key: newKey(), kind: "done", done: [{ unit: +unit.dataset.unit, done: false }] });
  }

  // Adding a code by typing
  const adder = $("#adder"), adderText = $("#adder-text"), adderList = $("#adder-list");
  let addTo = null, selected = 0, found = [];
  const allCodes = () => $$("#tree [data-pick]").map((node) => ({ id: node.dataset.code, name: node.closest("li").dataset.name, shown: node.textContent, path: node.closest("li").dataset.name }));
  function openAdder(target) {
    addTo = target;
    adderText.value = "";
    listCodes();
    adder.showModal();
    adderText.focus();
  }
  function listCodes() {
    const words = adderText.value.toLowerCase().split(/\s+/).filter(Boolean);
    found = allCodes().filter((code) => words.every((word) => code.path.includes(word) || code.id.includes(word)));
    found.sort((a, b) => rank(a, words) - rank(b, words));
    selected = 0;
    adderList.replaceChildren(...found.slice(0, 40).map((code, index) => {
      const item = document.createElement("li");
      item.role = "option";
      item.id = `adder-${index}`;
      item.textContent = code.path;
      item.addEventListener("click", () => { selected = index; addSelected(); });
      return item;
    }));
    select(0);
  }
  const rank = (code, words) => (words.length && code.shown.toLowerCase().startsWith(words[0]) ? 0 : words.every((word) => code.shown.toLowerCase().includes(word)) ? 1 : 2);
  function select(index) {
    selected = Math.max(0, Math.min(index, adderList.children.length - 1));
    [...adderList.children].forEach((item, i) => item.setAttribute("aria-selected", String(i === selected)));
    const item = adderList.children[selected];
    if (item) { adderText.setAttribute("aria-activedescendant", item.id); item.scrollIntoView({ block: "nearest" }); }
  }
  function addSelected() {
    const code = found[selected];
    if (!code) return;
    adder.close();
    apply(addTo, code.id);
  }
  function apply(target, code) {
    if (!target) { tell("Choose an utterance first."); return; }
    if (target.spans) {
      const [span] = target.spans;
      const there = JSON.parse(view.dataset.spans).filter(([start, end, id]) => id === code && start < span.end_char && span.start_char < end);
      if (there.length) {  // the same code on a part that has it: away with it
        const gone = there.map(([start_char, end_char]) => ({ transcript_id: span.transcript_id, start_char, end_char, code, applies: false }));
        send("/api/act", { key: newKey(), kind: "span", spans: gone });
        getSelection().removeAllRanges();
        return;
      }
      const codes = target.units.map((unit) => ({ unit, code, applies: true }));
      const spans = target.spans.map((span) => ({ ...span, code }));
      send("/api/act", { key: newKey(), kind: "span", codes, spans });
      getSelection().removeAllRanges();
      return;
    }
    if (target.units) {
      send("/api/act", { key: newKey(), kind: "bulk", codes: target.units.map((unit) => ({ unit, code, applies: true })) });
      getSelection().removeAllRanges();
      return;
    }
    const chip = $(`.code[data-code="${CSS.escape(code)}"]`, target);
    const applies = chip && chip.dataset.state === "on" ? null : true;
    decide(target, code, applies);
    focus(target);
  }
  if (adder) {
    adderText.addEventListener("input", listCodes);
    adderText.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown") { select(selected + 1); event.preventDefault(); }
      else if (event.key === "ArrowUp") { select(selected - 1); event.preventDefault(); }
      else if (event.key === "Enter") { addSelected(); event.preventDefault(); }
    });
    adder.addEventListener("close", () => { const unit = current(); if (unit) unit.focus({ preventScroll: true }); });
  }

  // What is selected with the mouse: part of one utterance, or several
  function selection() {
    const picked = getSelection();
    if (!view || view.dataset.view !== "read" || !picked || picked.isCollapsed || !picked.rangeCount) return null;
    const range = picked.getRangeAt(0);
    const touched = $$(".unit.codable .said").filter((said) => range.intersectsNode(said));
    if (!touched.length) return null;
    const inUnits = touched.map((said) => said.closest(".unit"));
    const offset = (node, at, said) => {
      const before = document.createRange();
      before.selectNodeContents(said);
      if (said.contains(node)) before.setEnd(node, at);
      return [...before.toString()].length;
    };
    const firstSaid = touched[0], lastSaid = touched[touched.length - 1];
    const start = firstSaid.contains(range.startContainer) ? offset(range.startContainer, range.startOffset, firstSaid) : 0;
    const end = lastSaid.contains(range.endContainer) ? offset(range.endContainer, range.endOffset, lastSaid) : [...lastSaid.textContent].length;
    const spans = [{ transcript_id: view.dataset.transcript, start_char: firstChar(firstSaid) + start, end_char: firstChar(lastSaid) + end }];
    return { units: inUnits.map((unit) => +unit.dataset.unit), spans: spans[0].end_char > spans[0].start_char ? spans : undefined };
  }
  // Where in the transcript the first character that is shown of an utterance stands: blanks before it are not
  function firstChar(said) {
    const { start, lead } = said.closest(".unit").dataset;
    return +start + +lead;
  }
  function drawSpans() {
    if (!view || !view.dataset.spans || !window.Highlight || !CSS.highlights) return;
    const highlight = new Highlight();
    const saids = $$(".unit.codable .said");
    for (const [start, end] of JSON.parse(view.dataset.spans)) {
      for (const said of saids) {
        const first = firstChar(said), text = said.firstChild;
        if (!text) continue;
        const points = [...text.data];
        const from = Math.max(0, start - first), to = Math.min(points.length, end - first);
        if (from >= to) continue;
        const range = new Range();
        range.setStart(text, points.slice(0, from).join("").length);
        range.setEnd(text, points.slice(0, to).join("").length);
        highlight.add(range);
      }
    }
    CSS.highlights.set("span", highlight);
  }
  let stale = false;
  function redrawSpans() {  // once for all utterances that change together, before anybody sees them
    if (stale) return;
    stale = true;
    queueMicrotask(() => { stale = false; drawSpans(); });
  }

  // Sheets: why, history, the codebook's entry
  const sheet = $("#sheet");
  async function openSheet(title, path) {
    try {
      const answer = await api(path);
      $("#sheet-title").textContent = title;
      $("#sheet-body").innerHTML = answer.html;
      sheet.showModal();
      sheet.scrollTop = 0;
    } catch (error) { tell(error.message); }
  }
  if (sheet) sheet.addEventListener("close", () => { const unit = current(); if (unit) unit.focus({ preventScroll: true }); });

  // Memos
  const memoBox = $("#memo"), memoText = $("#memo-text");
  let memoOn = null;
  async function openMemo(kind, target) {
    try {
      const answer = await api(`/api/memos/${kind}?target=${encodeURIComponent(target)}`);
      memoOn = { kind, target };
      const mayWrite = body.dataset.role !== "reader" && !(view && view.dataset.other);
      memoText.readOnly = !mayWrite;
      $("#memo .primary").hidden = !mayWrite;
      memoText.value = answer.text;
      $("#memo-title").textContent = `Memo on this ${kind}`;
      $("#memo-others").replaceChildren(...answer.others.flatMap((one) => {
        const who = document.createElement("p"), text = document.createElement("p");
        who.className = "quiet";
        who.textContent = `${one.coder}, ${one.at}`;
        text.className = "several";
        text.textContent = one.text;
        return [who, text];
      }));
      memoBox.returnValue = "";
      memoBox.showModal();
      memoText.focus();
    } catch (error) { tell(error.message); }
  }
  if (memoBox) memoBox.addEventListener("close", () => {
    if (memoBox.returnValue === "save" && memoOn) send("/api/memo", { key: newKey(), ...memoOn, text: memoText.value });
    memoBox.returnValue = "";
    const unit = current();
    if (unit) unit.focus({ preventScroll: true });
  });
  window.autocode = { openMemo };

  const commands = {
    next: () => move(1), previous: () => move(-1), undecided: () => move(1, true),
    accept: (unit) => { const chip = unit && firstOpen(unit); if (chip) toggle(chip); },
    reject: (unit) => { const chip = unit && firstOpen(unit); if (chip) { chip.classList.add("pending"); decide(unit, chip.dataset.code, false); } },
    done: (unit) => { if (unit) done(unit); },
    skip: (unit) => {
      if (!unit) return;
      if (view.dataset.view === "queue") send("/api/act", { key: newKey(), order: order(), skip: +unit.dataset.unit });
      else move(1, true);
    },
    undo: () => send("/api/undo", { key: newKey(), order: order() }),
    redo: () => send("/api/redo", { key: newKey(), order: order() }),
    add: (unit) => openAdder(selection() || unit),
    memo: (unit) => { if (unit) openMemo("utterance", unit.dataset.unit); },
    why: (unit) => { if (unit) openSheet("Why is this suggested?", `/api/units/${unit.dataset.unit}/why`); },
    define: (unit) => {
      const chip = document.activeElement.closest("[data-code]") || (unit && (firstOpen(unit) || $(".code", unit)));
      if (chip) openSheet(chip.textContent.replace(/^\d|, suggested|, does not apply|[✓✗]|\s[01]\.\d\d/g, "").trim(), `/api/codes/${encodeURIComponent(chip.dataset.code)}`);
      else tell("There is no code here yet; the codebook stands beside.");
    },
    history: (unit) => { if (unit) openSheet("Who decided this?", `/api/units/${unit.dataset.unit}/history`); },
    find: () => { const box = $("#find") || $("#code-filter"); if (box) box.focus(); },
    jump: () => {
      const wanted = prompt("Number of the utterance");
      if (!wanted) return;
      const link = $$(".unit .number").find((node) => node.textContent.trim() === wanted.trim());
      if (link) focus(link.closest(".unit")); else tell("There is no utterance of that number to code.");
    },
    help: () => $("#help").showModal(),
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || $("dialog[open]")) return;
    const target = event.target;
    if (/^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName)) { if (event.key === "Escape") { target.blur(); const unit = current(); if (unit) unit.focus(); } return; }
    if (!view) { if (event.key === keys.help) commands.help(); return; }
    const unit = current();
    if (/^[1-9]$/.test(event.key) && unit) {
      const chip = $$(".code[data-state]", unit)[+event.key - 1];
      if (chip) { toggle(chip); event.preventDefault(); }
      return;
    }
    if (event.key === "Enter" && /^(BUTTON|A|SUMMARY)$/.test(target.tagName)) return;
    let name = actionOf[event.key];
    if (!name && event.key === "ArrowDown") name = "next";
    if (!name && event.key === "ArrowUp") name = "previous";
    if (!name || !commands[name]) return;
    event.preventDefault();
    commands[name](unit);
  });

  document.addEventListener("click", (event) => {
    const chip = event.target.closest(".unit .code[data-state]");
    if (chip) {
      last = chip.closest(".unit");
      toggle(chip);
      if (event.detail) last.focus({ preventScroll: true });  // with the mouse: Enter then means done
      return;
    }
    const pick = event.target.closest("[data-pick]");
    if (pick) { apply(selection() || current(), pick.dataset.code); return; }
    const memo = event.target.closest("[data-memo]");
    if (memo) { openMemo(memo.dataset.memo, memo.dataset.target); return; }
    if (event.target.closest("[data-keep]") && current()) { keepOld(current()); return; }
    const card = event.target.closest("[data-card]");
    if (card) { openSheet(card.getAttribute("aria-label").replace("About ", ""), `/api/codes/${encodeURIComponent(card.dataset.card)}`); return; }
    const button = event.target.closest("[data-do]");
    const unit = event.target.closest(".unit.codable");
    if (button && unit) {
      last = unit;
      if (button.dataset.do === "done" && unit.classList.contains("done")) reopen(unit);
      else commands[button.dataset.do](unit);
      return;
    }
    if (unit && getSelection().isCollapsed) focus(unit);
  });
  // A click on the codebook must not take the selection away
  document.addEventListener("mousedown", (event) => { if (event.target.closest("[data-pick]")) event.preventDefault(); });

  // Filters, minimap, codebook
  const filters = $("#filters");
  function filter({ keep = null } = {}) {
    if (!filters) return;
    const data = new FormData(filters);
    const text = String(data.get("text")).toLowerCase(), code = data.get("code"), speaker = data.get("speaker");
    const state = data.get("state"), p = parseFloat(String(data.get("p")));
    const any = text || code || speaker || state || !isNaN(p);
    let n = 0;
    for (const unit of $$("#units .unit")) {
      const codable = unit.classList.contains("codable");
      const codes = (unit.dataset.codes || "").split("\n"), open = (unit.dataset.open || "").split("\n").filter(Boolean);
      let shown = true;
      if (text) shown = unit.querySelector(".said").textContent.toLowerCase().includes(text);
      if (shown && code) shown = codable && (codes.includes(code) || open.includes(code));
      if (shown && speaker) shown = unit.dataset.speaker === speaker;
      if (shown && state === "todo") shown = codable && !unit.classList.contains("done");
      if (shown && state === "done") shown = unit.classList.contains("done");
      if (shown && state === "open") shown = open.length > 0;
      if (shown && state === "coded") shown = codes.filter(Boolean).length > 0;
      if (shown && !isNaN(p)) shown = unit.dataset.p !== "" && +unit.dataset.p >= p;
      if (unit === keep) shown = true;
      unit.classList.toggle("filtered", !shown);
      n += shown;
    }
    offerAccept();
    $("#n-shown").textContent = any ? `${n} shown` : "";
    drawMap();
  }
  function offerAccept() {
    if (!filters) return;
    const code = new FormData(filters).get("code"), open = code ? shownWith(code) : [];
    acceptShown.hidden = !open.length;
    acceptShown.textContent = `Accept it on the ${open.length} shown that suggest it and ${open.length === 1 ? "is" : "are"} not done`;
  }
  const acceptShown = $("#accept-shown");
  const shownWith = (code) => units().filter((unit) => !unit.classList.contains("done") && unit.dataset.open.split("\n").includes(code)).map((unit) => +unit.dataset.unit);
  if (filters) {
    acceptShown.addEventListener("click", () => {
      const code = new FormData(filters).get("code"), found = shownWith(code);
      if (!confirm(`Accept this code on ${found.length} utterance${found.length === 1 ? "" : "s"}? One undo takes all of it back.`)) return;
      send("/api/act", { key: newKey(), kind: "bulk", codes: found.map((unit) => ({ unit, code, applies: true })) });
    });
    filters.addEventListener("input", () => filter());
    filters.addEventListener("reset", () => setTimeout(filter));
    filters.addEventListener("submit", (event) => event.preventDefault());
  }
  const codeFilter = $("#code-filter");
  if (codeFilter) codeFilter.addEventListener("input", () => {
    const words = codeFilter.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const item of $$("#tree li")) item.hidden = !words.every((word) => item.dataset.name.includes(word));
  });
  function markPanel() {
    const unit = current();
    const codes = unit ? (unit.dataset.codes || "").split("\n") : [];
    for (const node of $$("#tree [data-pick]")) node.classList.toggle("has", codes.includes(node.dataset.code));
  }
  // One set of tools, at the utterance that has the focus
  const tools = $("#tools") && $("#tools").content.firstElementChild.cloneNode(true);
  function placeTools() {
    const unit = current();
    const place = unit && $(".finish", unit);
    if (tools && place && tools.nextElementSibling !== place) place.before(tools);
  }
  document.addEventListener("focusin", () => { markPanel(); if (!pressed) placeTools(); });

  const map = $("#minimap");
  let mapTimer;
  function drawMap() { if (map) { clearTimeout(mapTimer); mapTimer = setTimeout(paintMap, 60); } }
  function paintMap() {
    const all = $$("#units .unit:not(.filtered)");
    const height = map.clientHeight * devicePixelRatio;
    map.height = height;
    map.width = 28 * devicePixelRatio;
    const pen = map.getContext("2d"), step = height / Math.max(1, all.length);
    const colours = new Map();
    const colour = (code) => {
      if (!colours.has(code)) {
        const node = $(`#tree [data-code="${CSS.escape(code)}"]`);
        colours.set(code, node ? getComputedStyle(node).getPropertyValue("--code").trim() : "#888");
      }
      return colours.get(code);
    };
    all.forEach((unit, index) => {
      const codes = (unit.dataset.codes || "").split("\n").filter(Boolean).slice(0, 4);
      codes.forEach((code, at) => {
        pen.fillStyle = colour(code);
        pen.fillRect((at * map.width) / codes.length, index * step, map.width / codes.length, Math.max(1.5, step * 0.9));
      });
      if (!codes.length && unit.classList.contains("done")) { pen.fillStyle = "#9a968c"; pen.fillRect(0, index * step, map.width * 0.2, Math.max(1, step * 0.9)); }
    });
  }
  if (map) {
    map.addEventListener("click", (event) => {
      const all = $$("#units .unit:not(.filtered)");
      const unit = all[Math.floor((event.offsetY / map.clientHeight) * all.length)];
      if (unit) { unit.scrollIntoView({ block: "center" }); if (unit.classList.contains("codable")) focus(unit); }
    });
    window.addEventListener("resize", drawMap);
  }

  // News: suggestions that changed, except where the coder is looking
  const learnt = $("#learnt");
  let source = null;
  function listen() {
    if (source) source.close();
    source = null;
    if (document.hidden) return;  // a browser opens six connections to a server at most, for all tabs together
    source = new EventSource("/api/events");
    source.addEventListener("scores", async (event) => {
      const { version, learnt_from: n } = JSON.parse(event.data);
      learnt.textContent = n ? `learnt from ${n} utterances` : "";
      if (!view || view.dataset.other || view.dataset.view !== "read" || version === +view.dataset.version) return;
      if (version < +view.dataset.version) view.dataset.version = 0;  // the server has been started anew
      learnt.classList.add("news");
      setTimeout(() => learnt.classList.remove("news"), 1500);
      const path = `/api/suggestions?transcript_id=${encodeURIComponent(view.dataset.transcript)}&since=${view.dataset.version}`;
      view.dataset.version = version;
      try {
        const answer = await api(path);
        view.dataset.version = answer.version;
        const here = current();
        for (const [key, html] of Object.entries(answer.units)) {
          const unit = document.getElementById(`u${key}`);
          if (!unit || unit === here || inSight(unit)) { if (unit) late.set(key, html); } else { replaceUnit(key, html); }
        }
        filter({ keep: here });  // what somebody works on does not vanish
      } catch (error) { /* the next event brings them */ }
    });
  }
  document.addEventListener("visibilitychange", listen);
  window.addEventListener("pagehide", () => { if (source) source.close(); });
  window.addEventListener("pageshow", (event) => { if (event.persisted) listen(); });
  // What is in sight keeps its place; it is brought up to date when the coder moves on to it or scrolls away
  const late = new Map();
  const inSight = (unit) => { const box = unit.getBoundingClientRect(); return box.bottom > 0 && box.top < innerHeight; };
  setInterval(() => {
    for (const [key, html] of late) {
      const unit = document.getElementById(`u${key}`);
      if (!unit) late.delete(key);
      else if (unit !== current() && !inSight(unit)) replaceUnit(key, html);
    }
  }, 700);
  const renew = (unit) => { if (unit && late.has(unit.dataset.unit)) replaceUnit(unit.dataset.unit, late.get(unit.dataset.unit)); };
  let pressed = false;  // what lies under the pressed button of a mouse must stay there, or there is no click
  document.addEventListener("pointerdown", () => { pressed = true; }, true);
  for (const end of ["pointerup", "pointercancel"]) {
    document.addEventListener(end, () => setTimeout(() => {
      pressed = false;
      placeTools();
      if (getSelection().isCollapsed) renew(current());
    }), true);
  }
  document.addEventListener("focusin", (event) => {
    if (!pressed) renew(event.target.closest && event.target.closest(".unit.codable"));
  });

  focusFirst();
  window.addEventListener("hashchange", focusFirst);
  drawMap();
  drawSpans();
  markPanel();
  if (waiting.length) flush();
  listen();
  if (filters) filter();  // a browser keeps what was typed before a reload
  document.documentElement.dataset.ready = "yes";
})();
