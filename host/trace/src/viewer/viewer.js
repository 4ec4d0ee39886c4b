// The viewer. Everything of a trace is put in as text, never as markup; captured pages are shown in
// frames that may do nothing. Pictures and pages are fetched when they are looked at.

import { eventText, inWords, isBad, modelOf } from './model.js';

const $ = id => document.getElementById(id);
const TABS = [['before', 'Before'], ['after', 'After'], ['page', 'Page before'], ['page-after', 'Page after']];
let model = null;
let chosen = 0;
let tab = 'before';
const rows = [];

function make(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

function share(time) {
  const whole = Math.max(1, model.end - model.start);
  return Math.min(100, Math.max(0, (100 * (time - model.start)) / whole));
}

function showHead() {
  const { session, steps, actions } = model;
  const source = steps.map(step => step.source).find(source => source.run) || {};
  $('about').textContent = [source.flow, source.run && `run ${source.run}`, session.browser].filter(Boolean).join(' · ');
  const failed = actions.filter(action => action.outcome !== 'ok').length;
  const totals = $('totals');
  totals.append(make('span', '', `${actions.length} actions in ${inWords(model.end - model.start)}`));
  if (failed) totals.append(make('span', 'bad', `${failed} failed`));
  document.title = `mavm trace${source.run ? ` · ${source.run}` : ''}`;
}

function showTimeline() {
  for (const action of model.actions) {
    const bar = make('button', action.outcome === 'ok' ? 'bar' : 'bar bad');
    bar.type = 'button';
    bar.tabIndex = -1;
    bar.title = `${action.action} ${action.locator || ''}`;
    bar.style.left = `${share(action.begin)}%`;
    bar.style.width = `max(3px, ${share(action.end) - share(action.begin)}%)`;
    bar.onclick = () => choose(action.number);
    action.bar = bar;
    $('bars').append(bar);
  }
  const pictured = model.captures.filter(capture => capture.picture);
  const room = Math.max(1, Math.floor($('thumbs').clientWidth / 104));
  for (let i = 0; i < Math.min(room, pictured.length); i++) {
    const capture = pictured[Math.floor((i * pictured.length) / Math.min(room, pictured.length))];
    const button = make('button', 'thumb');
    button.type = 'button';
    button.tabIndex = -1;
    const picture = make('img');
    picture.loading = 'lazy';
    picture.alt = '';
    picture.src = `resource/${capture.picture}`;
    button.append(picture);
    button.title = capture.url || '';
    const of = model.actions.findIndex(action => action.before === capture || action.after === capture);
    button.onclick = () => choose(Math.max(0, of));
    $('thumbs').append(button);
  }
}

function showSteps() {
  for (const step of model.steps) {
    const group = make('section', 'step');
    const took = step.actions[step.actions.length - 1].end - step.actions[0].begin;
    const head = make('h2', '', step.name || 'without a step');
    head.append(make('small', '', inWords(took)));
    group.append(head);
    const { plugin, digest, does } = step.source;
    if (plugin) {
      const from = make('p', 'source', `${plugin}${does ? ` · ${does}` : ''}`);
      if (digest) from.append(make('code', '', digest.replace(/^sha256:/, '').slice(0, 12)));
      from.title = digest || '';
      group.append(from);
    }
    const list = make('ol');
    list.setAttribute('role', 'listbox');
    list.setAttribute('aria-label', step.name || 'actions');
    for (const action of step.actions) {
      const row = make('li', action.outcome === 'ok' ? 'action' : 'action bad');
      row.setAttribute('role', 'option');
      row.tabIndex = -1;
      row.append(make('b', '', action.action), make('span', 'what', action.locator || action.value || ''), make('small', '', inWords(action.ms || 0)));
      if (action.outcome !== 'ok') row.append(make('em', '', action.outcome));
      if (action.events.some(isBad)) row.append(make('i', 'dot', '●'));
      row.onclick = () => choose(action.number);
      rows[action.number] = row;
      list.append(row);
    }
    group.append(list);
    $('steps').append(group);
  }
}

function showTabs() {
  for (const [name, label] of TABS) {
    const button = make('button', '', label);
    button.type = 'button';
    button.id = `tab-${name}`;
    button.setAttribute('role', 'tab');
    button.setAttribute('aria-controls', 'view');
    button.onclick = () => {
      tab = name;
      showView();
    };
    $('tabs').append(button);
  }
}

/** The capture that a tab shows; for an action without one of its own, how the page was last seen. */
function captureOf(action, name) {
  if (name.endsWith('after')) return action.after;
  return action.before || action.seen;
}

/** The tab that was chosen, or the action's other moment if that is all that was captured of it. */
function tabFor(action) {
  const other = { before: 'after', after: 'before', page: 'page-after', 'page-after': 'page' }[tab];
  return !captureOf(action, tab) && captureOf(action, other) ? other : tab;
}

function showView() {
  const action = model.actions[chosen];
  const shown = tabFor(action);
  for (const [name] of TABS) {
    const button = $(`tab-${name}`);
    button.setAttribute('aria-selected', String(name === shown));
    button.tabIndex = name === shown ? 0 : -1;
    const capture = captureOf(action, name);
    button.disabled = !capture || (name.startsWith('page') ? !(capture.frames || []).length : !capture.picture);
  }
  const view = $('view');
  view.replaceChildren();
  view.setAttribute('aria-labelledby', `tab-${shown}`);
  const capture = captureOf(action, shown);
  const own = capture && capture === action.before;
  $('note').textContent = capture ? `${capture.url || ''}${own || shown.endsWith('after') ? '' : ' · as last seen before'}` : '';
  if (!capture) {
    view.append(make('p', 'empty', 'The page was not captured here: see browser.trace in mavm.toml.'));
    return;
  }
  const [width, height] = capture.window || [1280, 800];
  const sheet = make('div', 'sheet');
  sheet.style.aspectRatio = `${width} / ${height}`;
  sheet.style.setProperty('--ratio', width / height);
  view.append(sheet);
  if (shown.startsWith('page')) {
    const frame = make('iframe');
    // No word more: what is shown may do nothing at all. The server says the same.
    frame.setAttribute('sandbox', '');
    frame.title = 'The page as it was';
    frame.tabIndex = -1;
    frame.src = `page/${capture.index}`;
    frame.style.width = `${width}px`;
    frame.style.height = `${height}px`;
    sheet.append(frame);
    const fit = () => { frame.style.transform = `scale(${sheet.clientWidth / width})`; };
    fit();
    new ResizeObserver(fit).observe(sheet);
    return;
  }
  if (!capture.picture) {
    sheet.append(make('p', 'empty', 'There is no picture: none could be taken safely, or the trace was full.'));
    return;
  }
  const picture = make('img');
  picture.alt = `The page ${shown} the action`;
  picture.src = `resource/${capture.picture}`;
  sheet.append(picture);
  if (own && capture.target) {
    const [x, y, w, h] = capture.target.box;
    const box = make('div', 'target');
    box.id = 'target';
    Object.assign(box.style, { left: `${(100 * x) / width}%`, top: `${(100 * y) / height}%`, width: `${(100 * w) / width}%`, height: `${(100 * h) / height}%` });
    sheet.append(box);
    if (['click', 'check', 'uncheck', 'hover'].includes(action.action)) box.append(make('span', 'point'));
  }
}

function showFacts() {
  const action = model.actions[chosen];
  const facts = $('facts');
  facts.replaceChildren();
  const add = (name, value, className) => {
    if (value === undefined || value === null || value === '') return;
    const shown = value instanceof Node ? value : make('span', className, String(value));
    const dd = make('dd');
    dd.append(shown);
    facts.append(make('dt', '', name), dd);
  };
  add('what', action.action);
  add('locator', action.locator, 'code');
  add('value', action.value, 'code');
  add('outcome', action.outcome, action.outcome === 'ok' ? 'good' : 'bad');
  add('error', action.error, 'error');
  if (action.candidates && action.candidates.length) {
    const list = make('ol', 'candidates');
    for (const { what, locator } of action.candidates) {
      const item = make('li');
      item.append(make('code', '', locator), make('span', '', what));
      list.append(item);
    }
    add('nearest', list);
  }
  const looking = action.before ? ` (${inWords(action.before.ms || 0)} of it for the trace)` : '';
  add('took', inWords(action.ms || 0) + looking);
  add('began', `${inWords(action.begin - model.start)} after the start, ${new Date(action.begin).toISOString()}`);
  add('page', action.url);
  add('step', action.step.name);
  const { plugin, does, digest } = action.step.source;
  add('plugin', plugin && `${plugin}${does ? ` · ${does}` : ''}`);
  add('digest', digest, 'code');
  showLog();
}

function showLog() {
  const events = $('all').checked ? model.events : model.actions[chosen].events;
  $('logcount').textContent = events.length ? `(${events.length})` : '';
  const log = $('log');
  log.replaceChildren();
  for (const event of events.slice(0, 2000)) {
    const item = make('li', isBad(event) ? 'bad' : '');
    item.append(make('small', '', event.kind), make('span', '', eventText(event)));
    log.append(item);
  }
  if (!events.length) log.append(make('li', 'empty', 'nothing on the console or the network to tell'));
}

function choose(number) {
  if (!model.actions.length) return;
  const old = model.actions[chosen];
  if (old) {
    rows[old.number].setAttribute('aria-selected', 'false');
    rows[old.number].tabIndex = -1;
    old.bar.classList.remove('chosen');
  }
  chosen = Math.min(Math.max(0, number), model.actions.length - 1);
  const row = rows[chosen];
  row.setAttribute('aria-selected', 'true');
  row.tabIndex = 0;
  row.focus({ preventScroll: true });
  row.scrollIntoView({ block: 'nearest' });
  model.actions[chosen].bar.classList.add('chosen');
  showView();
  showFacts();
}

function turn(by) {
  const names = TABS.map(([name]) => name).filter(name => !$(`tab-${name}`).disabled);
  if (!names.length) return;
  tab = names[(names.indexOf(tab) + by + names.length) % names.length];
  showView();
}

document.addEventListener('keydown', event => {
  if (event.ctrlKey || event.altKey || event.metaKey || !model) return;
  const moves = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -Infinity, End: Infinity };
  if (event.key in moves) choose(moves[event.key] === Infinity ? model.actions.length - 1 : moves[event.key] === -Infinity ? 0 : chosen + moves[event.key]);
  else if (event.key === 'ArrowRight') turn(1);
  else if (event.key === 'ArrowLeft') turn(-1);
  else return;
  event.preventDefault();
});
$('all').onchange = showLog;

const answer = await fetch('trace.json').catch(() => null);
if (!answer || !answer.ok) {
  $('about').textContent = 'The trace can\'t be read any more: is `mavm trace open` still running, and the file still there?';
} else {
  model = modelOf(await answer.json());
  showHead();
  showTabs();
  showTimeline();
  showSteps();
  if (model.actions.length) choose(Math.max(0, model.actions.findIndex(action => action.outcome !== 'ok')));
  else $('view').append(make('p', 'empty', 'Nothing was done in this session.'));
}
