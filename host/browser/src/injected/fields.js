// Putting whole values into fields: texts, choices of lists, files.

const TYPED = new Set(['text', 'search', 'email', 'tel', 'url', 'password', 'number']);
const SET = new Set(['date', 'time', 'datetime-local', 'month', 'week', 'color', 'range']);

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
  if (field.type === 'color' || field.type === 'range') return field.value === value.toLowerCase();
  return !value || field.value !== '';
}

function announce(element, data, inputType = 'insertText') {
  element.dispatchEvent(new InputEvent('input', { bubbles: true, composed: true, inputType, data }));
}

/** A value as a field of its kind takes it: a single line has no line breaks, and white space around is no part of a number or date. */
function formed(field, value) {
  if (field.nodeName === 'TEXTAREA') return value.replace(/\r\n?/g, '\n');
  if (field.type === 'number' || SET.has(field.type)) return value.trim();
  return value.replace(/[\r\n]+$/, '').replace(/[\r\n]+/g, ' ');
}

/** Whether the page leaves it to the browser to change an editable text, all of which is selected. */
function mayEdit(element, data) {
  const selected = getSelection();
  return element.dispatchEvent(new InputEvent('beforeinput', {
    bubbles: true, composed: true, cancelable: true,
    inputType: data ? 'insertText' : 'deleteContentBackward', data: data || null,
    targetRanges: selected.rangeCount ? [new StaticRange(selected.getRangeAt(0))] : [],
  }));
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
    if (!mayEdit(field, request.value)) return { kind: 'done' };
    if (request.value) document.execCommand('insertText', false, request.value);
    else document.execCommand('delete');
    return { kind: 'done' };
  }
  if (request.origins && (field.type === 'range' || field.type === 'color')) return invalid(`a secret value can't be put into an input of type ${field.type}`);
  const value = formed(field, request.value);
  if (value.length > longest(field)) {
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
  setter(field).call(field, value);
  if (!holds(field, value)) {
    setter(field).call(field, old);
    return invalid(`${describe(field)} doesn't accept a value of this form${FORMS[field.type] ? `; write it as ${FORMS[field.type]}` : ''}`);
  }
  announce(field, value);
  field.dispatchEvent(new Event('change', { bubbles: true }));
  return { kind: 'done' };
}

/** Labels of a list's options, with the values where these say something else. */
function offers(list) {
  if (!list.options.length) return 'none yet';
  const named = [...list.options].slice(0, 50).map(option => {
    const label = masked(normal(option.label)), value = masked(option.value);
    return label === value ? quoted(label) : `${quoted(label)} (${quoted(value)})`;
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
    const same = option => wanted.m.t === 'exact' && option.value === wanted.m.v && !shows(option.value);
    const valued = [...list.options].some(same) ? same : option => fits(option.value);
    const offered = option => (wanted.by !== 'label' && valued(option)) || (wanted.by !== 'value' && fits(normal(option.label || option.text)));
    const options = [...list.options].filter(offered);
    if (!options.length) return again(`no option fits, the options are: ${offers(list)}`);
    if (options.length > 1 && wanted.m.t !== 'exact') return invalid(`${options.length} options fit, the options are: ${offers(list)}`);
    const option = options[0];
    if (option.matches(':disabled')) return again(`the option is ${option.disabled ? 'disabled' : 'in a disabled group'}`);
    if ((option.getAttribute('aria-disabled') || '').toLowerCase() === 'true') return again('the option is disabled (aria-disabled)');
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
  if (field.webkitdirectory) return invalid(`${describe(field)} takes a folder, which can't be uploaded`);
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
