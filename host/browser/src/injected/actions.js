// Doing things to elements, each in one go: between the last check and the deed no other script
// of the page can run. Anything that is awaited comes before the deed, never after.

function again(why) {
  return { kind: 'wait', seen: true, why };
}

function invalid(why) {
  return { kind: 'invalid', why };
}

/** Tells the host that the deed begins, so that it is never done twice; see act/mod.rs. */
function begun(request) {
  if (request.token && globalThis.__mavmActed) globalThis.__mavmActed(request.token);
}

/** A value that may go into certain origins only never enters a document of another one. */
function refused(request) {
  return request.origins && !request.origins.includes(self.origin) ? { kind: 'refused', origin: self.origin } : null;
}

const TYPED = new Set(['text', 'search', 'email', 'tel', 'url', 'password', 'number']);
const SET = new Set(['date', 'time', 'datetime-local', 'month', 'week', 'color', 'range']);
const sealed = new WeakSet();
let anySealed = false;

/** A sealed value goes into this field: from now on it is never shown. */
function seal(field) {
  sealed.add(field);
  anySealed = true;
}

function setter(element) {
  const kind = element.nodeName === 'TEXTAREA' ? HTMLTextAreaElement : HTMLInputElement;
  return Object.getOwnPropertyDescriptor(kind.prototype, 'value').set;
}

function fillable(element) {
  if (element.nodeName === 'TEXTAREA') return null;
  if (element.nodeName === 'INPUT') {
    if (TYPED.has(element.type) || SET.has(element.type)) return null;
    return `an input of type ${element.type} can't be filled: use check, select, click or upload`;
  }
  if (element.isContentEditable) return null;
  return `${describe(element)} is not a field that can be filled`;
}

const LIMITED = new Set(['text', 'search', 'url', 'tel', 'email', 'password']);

/** How many characters a field takes; kinds for which HTML has no such bound ignore the attribute. */
function longest(field) {
  const limited = field.nodeName === 'TEXTAREA' || LIMITED.has(field.type);
  return limited && field.maxLength >= 0 ? field.maxLength : Infinity;
}

/** Kinds of fields that take one form only. */
const FORMS = {
  number: '42 or 1.5', range: '42, within its bounds and steps', color: '#1a2b3c', date: '2026-11-20', time: '17:30',
  'datetime-local': '2026-11-20T17:30', month: '2026-11', week: '2026-W47',
};

/** Whether a field took a value: what it doesn't like it drops, or puts another in its place. */
function holds(field, value) {
  if (field.nodeName === 'TEXTAREA') return true;
  if (field.type === 'color' || field.type === 'range') return field.value === value.trim().toLowerCase();
  return !value || field.value !== '';
}

function announce(element, data) {
  element.dispatchEvent(new InputEvent('input', { bubbles: true, composed: true, inputType: 'insertText', data }));
}

function fill(element, request) {
  const field = controlOf(element);
  if (lockedBy(field)) return again(lockedBy(field));
  if (field.nodeName !== 'INPUT' && field.nodeName !== 'TEXTAREA') {
    if (request.origins) return invalid('a secret value can be filled only into an input or a textarea');
    field.focus();
    if (!field.isConnected) return again('replaced when it got the focus');
    begun(request);
    getSelection().selectAllChildren(field);
    if (request.value) document.execCommand('insertText', false, request.value);
    else document.execCommand('delete');
    return { kind: 'done' };
  }
  if (request.value.length > longest(field)) {
    return invalid(`${describe(field)} takes at most ${longest(field)} characters and the value has more`);
  }
  field.focus();
  // The page's own focus handlers have run: everything is looked at once more, and from here on
  // nothing of the page runs until the value is in this very element.
  if (!field.isConnected || field.ownerDocument !== document) return again('replaced when it got the focus');
  if (lockedBy(field)) return again(lockedBy(field));
  const no = refused(request);
  if (no) return no;
  const old = field.value;
  begun(request);
  if (request.origins) seal(field);
  setter(field).call(field, request.value);
  if (!holds(field, request.value)) {
    setter(field).call(field, old);
    return invalid(`${describe(field)} doesn't accept a value of this form${FORMS[field.type] ? `; write it as ${FORMS[field.type]}` : ''}`);
  }
  announce(field, request.value);
  field.dispatchEvent(new Event('change', { bubbles: true }));
  return { kind: 'done' };
}

/** The field that has the focus in this document, or null. */
function focusedField() {
  let active = document.activeElement;
  while (active && active.shadowRoot && active.shadowRoot.activeElement) active = active.shadowRoot.activeElement;
  return active && (active.nodeName === 'TEXTAREA' || (active.nodeName === 'INPUT' && TYPED.has(active.type))) ? active : null;
}

/**
 * Types a sealed value key by key without sending keys: a key goes to whatever has the focus when
 * it arrives, this goes to a field of this document or nowhere. A page that moves the focus from
 * box to box of a split code is followed.
 */
function typeSealed(element, request) {
  const first = controlOf(element);
  if (first.nodeName !== 'INPUT' && first.nodeName !== 'TEXTAREA') return invalid('a secret value can be typed only into an input or a textarea');
  if (lockedBy(first)) return again(lockedBy(first));
  first.focus();
  if (!first.isConnected || first.ownerDocument !== document) return again('replaced when it got the focus');
  const no = refused(request);
  if (no) return no;
  begun(request);
  let typed = 0;
  for (const key of request.value) {
    const field = typed === 0 ? first : focusedField();
    if (!field || !typeOne(field, key)) return { kind: 'cut', typed };
    typed++;
  }
  return { kind: 'done' };
}

/** One key, with the events that a person's makes, into the field that has the focus after the first of them. */
function typeOne(field, key) {
  const press = { key, bubbles: true, composed: true, cancelable: true };
  const insertion = { inputType: 'insertText', data: key, bubbles: true, composed: true, cancelable: true };
  // Before the page knows the key: it may put it in by itself.
  seal(field);
  const wanted = field.dispatchEvent(new KeyboardEvent('keydown', press));
  const target = focusedField();
  if (!target) return false;
  seal(target);
  const goesOn = wanted && target.dispatchEvent(new KeyboardEvent('keypress', press)) && target.dispatchEvent(new InputEvent('beforeinput', insertion));
  // The page has run: this is the last look, and nothing of it runs before the key is in the field.
  if (target !== focusedField() || target.ownerDocument !== document || !isEditable(target)) return false;
  if (goesOn) {
    let start = target.selectionStart, end = target.selectionEnd;
    if (start === null) start = end = target.value.length;
    const value = target.value.slice(0, start) + key + target.value.slice(end);
    if (value.length <= longest(target)) {
      target.addEventListener('blur', changed, { once: true });
      setter(target).call(target, value);
      if (target.selectionStart !== null) target.setSelectionRange(start + key.length, start + key.length);
      announce(target, key);
    }
  }
  target.dispatchEvent(new KeyboardEvent('keyup', press));
  return true;
}

/** A browser tells of a change when a field is left only if a person made it. */
function changed(event) {
  event.target.dispatchEvent(new Event('change', { bubbles: true }));
}

/** Labels of a list's options, with the values where these say something else. */
function offers(list) {
  if (!list.options.length) return 'none yet';
  const named = [...list.options].slice(0, 50).map(option => {
    const label = normal(option.label);
    return label === option.value ? quoted(label) : `${quoted(label)} (${quoted(option.value)})`;
  });
  return clip(named.join(', '), 400);
}

function select(element, request) {
  const list = controlOf(element);
  if (disabledBy(list)) return again(disabledBy(list));
  const chosen = [];
  for (const wanted of request.options) {
    const fits = matcher(wanted.m);
    // A value is no text for people: white space in it counts where one has just that.
    const same = option => wanted.m.t === 'exact' && option.value === wanted.m.v;
    const valued = [...list.options].some(same) ? same : option => fits(option.value);
    const offered = option => (wanted.by !== 'label' && valued(option)) || (wanted.by !== 'value' && fits(normal(option.label || option.text)));
    const options = [...list.options].filter(offered);
    if (!options.length) return again(`no option ${quoted(wanted.m.v)}, the options are: ${offers(list)}`);
    if (options.length > 1 && wanted.m.t !== 'exact') return invalid(`${options.length} options fit ${quoted(wanted.m.v)}, the options are: ${offers(list)}`);
    const option = options[0];
    if (option.matches(':disabled')) return again(`the option ${quoted(wanted.m.v)} is ${option.disabled ? 'disabled' : 'in a disabled group'}`);
    chosen.push(option);
  }
  if (chosen.length > 1 && !list.multiple) return invalid('this select element takes one option only');
  list.focus();
  if (!list.isConnected || chosen.some(option => !option.isConnected)) return again('replaced when it got the focus');
  begun(request);
  if (list.multiple) for (const option of list.options) option.selected = chosen.includes(option);
  else list.selectedIndex = chosen.length ? chosen[0].index : -1;
  list.dispatchEvent(new Event('input', { bubbles: true, composed: true }));
  list.dispatchEvent(new Event('change', { bubbles: true }));
  return { kind: 'done', value: chosen.map(option => option.value) };
}

/** Files are made here: nothing of them is on the host's disk, and no path of it in the page. */
function upload(element, request) {
  const field = controlOf(element);
  if (field.nodeName !== 'INPUT' || field.type !== 'file') return invalid(`${describe(field)} is not a file field: use the <input type=file>, which may be hidden`);
  if (disabledBy(field)) return again(disabledBy(field));
  if (request.files.length > 1 && !field.multiple) return invalid(`${describe(field)} takes one file, and ${request.files.length} were given`);
  const made = new DataTransfer();
  for (const { name, type, data } of request.files) {
    made.items.add(new File([Uint8Array.from(atob(data), letter => letter.charCodeAt(0))], name, { type }));
  }
  begun(request);
  field.files = made.files;
  field.dispatchEvent(new Event('input', { bubbles: true, composed: true }));
  field.dispatchEvent(new Event('change', { bubbles: true }));
  return { kind: 'done' };
}

let struck = [];

/** The keys that came since the focus was set for them, to tell those that got lost on the way. */
function noteKey(event) {
  if (event.isTrusted && struck.length < 10000) struck.push(event.key);
}

/** Waits for so many of them, unless they can't be seen here. */
function keysSeen(count) {
  const active = document.activeElement;
  if (scriptless || !active || active === document.body || active.nodeName === 'IFRAME') return { kind: 'done' };
  return struck.length >= count ? { kind: 'done', value: struck } : again('keys are on their way');
}

function focus(element, request) {
  const target = controlOf(element);
  target.focus();
  if (request.keys) struck = [];
  return target.isConnected ? { kind: 'done' } : again('replaced when it got the focus');
}

/** What a person would press to check a box: the box itself, not a link in its label; its label if the box is hidden. */
function boxOrLabel(element) {
  const control = controlOf(element);
  if (isVisible(control)) return control;
  return [element, ...(control.labels || [])].find(isVisible) || element;
}

/** Where to press: all checks of a pointer action, ending with the guard armed. */
async function aim(named, request, attempt) {
  const element = request.unchecked === undefined ? named : boxOrLabel(named);
  if (!isVisible(element)) return again(hiddenBy(element));
  if (request.enabled && !isEnabled(element)) return again(disabledBy(element));
  if (request.unchecked !== undefined) {
    const state = checkedState(element);
    if (state === null) return invalid(`${describe(element)} is neither a checkbox, a radio button nor a switch`);
    if (state === request.unchecked) return { kind: 'done', value: null };
    if (state && controlOf(element).type === 'radio') return invalid(`${describe(controlOf(element))} is a radio button, which can't be unchecked: check another one of its group`);
  }
  const scrolled = reveal(element, attempt);
  if (!await isStable(element, scrolled)) return again('still moving');
  if (!element.isConnected) return again('detached');
  if (request.enabled && !isEnabled(element)) return again(disabledBy(element));
  const point = pointOf(element, request.offset);
  if (!point) return again('outside of the viewport, and can\'t be scrolled into it');
  const hit = elementAt(point.x, point.y);
  if (!reaches(element, hit)) {
    if (getComputedStyle(element).pointerEvents === 'none') return again('takes no pointer events (pointer-events: none)');
    return { kind: 'covered', by: coverOf(element, hit) };
  }
  // What is named may be around the field that the mouse takes hold of.
  if (request.drag && [element, hit].some(isSealed)) return invalid(NOT_DRAGGED);
  if (request.drag) watchDrag();
  if (request.unchecked !== undefined) pressed = controlOf(element);
  arm(element, request.guard, false);
  return { kind: 'done', value: point };
}

/** The box that was pressed last. */
let pressed = null;

/** Whether the box that was pressed is checked, or not, as it should be. One that the page took away is done with. */
function checkedNow(state) {
  if (!pressed || !pressed.isConnected || checkedState(pressed) === state) return { kind: 'done' };
  return { ...again(state ? 'it did not become checked' : 'it did not become unchecked'), what: describe(pressed) };
}

const NOT_DRAGGED = 'a field that holds a secret value is not dragged';

function isSealed(element) {
  return sealed.has(element) || sealed.has(controlOf(element));
}

let dragStart = null;
let dragRefused = false;
const keepDrag = event => { dragStart = event; };

/** From now on it can be told whether the page began a drag of the browser's own kind. */
function watchDrag() {
  dragStart = null;
  dragRefused = false;
  window.addEventListener('dragstart', keepDrag, { capture: true });
}

/** Whatever the mouse was meant to take hold of, nothing selected in a sealed field goes with it. */
function refuseDrag(event) {
  if (!sealed.has(event.composedPath()[0])) return;
  dragRefused = true;
  event.preventDefault();
  event.stopImmediatePropagation();
}

/** What has become of the page's drag, if there is one: 'started', or 'refused' for a sealed field's. */
function dragStarted() {
  const started = dragStart !== null && !dragStart.defaultPrevented;
  const state = dragRefused ? 'refused' : started ? 'started' : null;
  dragStart = null;
  dragRefused = false;
  return state;
}

/** Characters of one text that the host is given. */
const LONGEST = 1 << 20;

/** A text for the host. One without end would fill its memory; half a text could end in half a secret, which nobody recognises. */
function told(text, what, value = text) {
  if (text === null || text.length <= LONGEST) return { kind: 'done', value };
  return invalid(`its ${what} has ${text.length} characters, more than the ${LONGEST} that can be read: read a smaller part`);
}

function valueOf(element) {
  const field = controlOf(element);
  if (!('value' in field)) return invalid(`${describe(field)} has no value`);
  const text = String(field.value);
  return told(text, 'value', { text, sealed: sealed.has(field) });
}

/** The text a person would read; a field's is nothing. */
function shownText(element) {
  if (element.nodeName === 'INPUT' && BUTTON_INPUTS.has(element.type)) return normal(element.value);
  return normal(element.innerText ?? element.textContent ?? '');
}

/** One try of what the host asks, on the element that was found. */
async function perform(element, request, attempt) {
  switch (request.op) {
    case 'aim': return aim(element, request, attempt);
    case 'fill': {
      const cannot = fillable(controlOf(element));
      if (cannot) return invalid(cannot);
      if (!isVisible(element)) return again(hiddenBy(element));
      return fill(element, request);
    }
    case 'type':
      if (!isVisible(element)) return again(hiddenBy(element));
      return typeSealed(element, request);
    case 'select':
      if (controlOf(element).nodeName !== 'SELECT') return invalid(`${describe(element)} is not a select element: click it and its option instead`);
      if (!isVisible(element)) return again(hiddenBy(element));
      return select(element, request);
    case 'upload': return upload(element, request);
    case 'mark':
      if (request.visible && !isVisible(element)) return again(hiddenBy(element));
      if (request.visible) reveal(element, 0);
      return mark(element);
    case 'focus':
      if (request.visible && !isVisible(element)) return again(hiddenBy(element));
      if (request.visible && !isEnabled(element)) return again(disabledBy(element));
      if (request.editable && !isEditable(element)) return again(lockedBy(element));
      return focus(element, request);
    case 'scroll':
      if (!boxesOf(element).length) return again(hiddenBy(element) || 'not visible');
      reveal(element, 0);
      return { kind: 'done' };
    case 'box': {
      if (!isVisible(element)) return again(hiddenBy(element));
      const scrolled = reveal(element, 0);
      if (!await isStable(element, scrolled)) return again('still moving');
      const { x, y, width, height } = element.getBoundingClientRect();
      return { kind: 'done', value: { x, y, width, height } };
    }
    case 'text': return told(shownText(element), 'text');
    case 'read': {
      const found = patternOf(request.text).exec(shownText(element));
      return found ? told(found[1] ?? found[0], 'text') : again('its text does not match');
    }
    case 'value': return valueOf(element);
    case 'attribute': return told(sealed.has(element) && request.name.toLowerCase() === 'value' ? HIDDEN : element.getAttribute(request.name), 'attribute');
    case 'state': return { kind: 'done', value: { visible: isVisible(element), enabled: isEnabled(element), editable: isEditable(controlOf(element)), checked: checkedState(element) } };
    case 'shows': {
      const hidden = hiddenBy(element);
      const shown = hidden ? '' : shownText(element);
      return matcher(request.text)(shown) ? { kind: 'done' } : again(hidden || `it shows ${clip(quoted(shown), 200)}`);
    }
    case 'wait':
      if (request.state === 'attached') return { kind: 'done' };
      if (request.state === 'visible') return isVisible(element) ? { kind: 'done' } : again(hiddenBy(element));
      if (request.state === 'enabled') return isVisible(element) && isEnabled(element) ? { kind: 'done' } : again(hiddenBy(element) || disabledBy(element));
      return invalid(`unknown state ${request.state}`);
    default: return invalid(`unknown operation ${request.op}`);
  }
}
