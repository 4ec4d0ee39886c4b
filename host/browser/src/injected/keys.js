// The keyboard's part in the page: sealed values, typed here without a key being sent, and the keys
// that the host sends, counted as they come.

/** What has the focus in an element that has it, through open shadow roots. */
function innermost(active) {
  while (active.shadowRoot && active.shadowRoot.activeElement) active = active.shadowRoot.activeElement;
  return active;
}

/** The field that has the focus in this document, or null. */
function focusedField() {
  const active = document.activeElement && innermost(document.activeElement);
  return active && (active.nodeName === 'TEXTAREA' || (active.nodeName === 'INPUT' && TYPED.has(active.type))) ? active : null;
}

/**
 * Types a sealed value key by key without sending keys: a key goes to whatever has the focus when
 * it arrives, this goes to a field of this document or nowhere. A page that moves the focus from
 * box to box of a split code is followed. Half a value is worth nothing, and a piece of a secret is
 * not known for one: where a key finds no place, the others are taken out again.
 */
async function typeSealed(element, request) {
  const first = controlOf(element);
  if (first.nodeName !== 'INPUT' && first.nodeName !== 'TEXTAREA') return invalid('a secret value can be typed only into an input or a textarea');
  if (lockedBy(first)) return again(lockedBy(first));
  take(first);
  if (!first.isConnected || first.ownerDocument !== document) return again('replaced when it got the focus');
  const no = refused(request);
  if (no) return no;
  begun(request);
  const old = first.value, into = new Set();
  let typed = 0, prevented = 0, field = first;
  for (const key of request.value) {
    let became = field ? typeOne(field, key, into) : 'lost';
    if (became === 'full' && await movedFrom(field)) became = focusedField() ? typeOne(focusedField(), key, into) : 'lost';
    if (became === 'lost' || became === 'full') return cut(into, typed);
    typed++;
    if (became === 'prevented') prevented++;
    // The page may move the focus in a task of its own.
    if (!scriptless) await pause(0);
    field = focusedField();
  }
  const nothing = prevented === typed && field === first && first.value === old;
  return typed && nothing ? cut(into, 0) : { kind: 'done' };
}

function cut(fields, typed) {
  for (const field of fields) {
    if (!field.isConnected || !field.value) continue;
    setter(field).call(field, '');
    announce(field, null, 'deleteContentBackward');
  }
  return { kind: 'cut', typed };
}

/** How long a page may take to move the focus out of a field that is full. */
const MOVING_ON = 300;

/** Waits until something else than this field has the focus; false if that doesn't come. */
async function movedFrom(field) {
  if (scriptless) return false;
  const until = performance.now() + MOVING_ON;
  while (focusedField() === field && performance.now() < until) await pause(5);
  return focusedField() !== field;
}

/** The key that types a letter or digit; other signs are asked for by what they are. */
function keyOf(sign) {
  const upper = sign.toUpperCase();
  if (/^[A-Z]$/.test(upper)) return { code: `Key${upper}`, keyCode: upper.charCodeAt(0) };
  if (/^[0-9]$/.test(sign)) return { code: `Digit${sign}`, keyCode: sign.charCodeAt(0) };
  return sign === ' ' ? { code: 'Space', keyCode: 32 } : {};
}

/**
 * One key, with the events that a person's makes, into the field that has the focus after the first of
 * them. Tells whether it is 'typed', 'prevented' by the page, or found no place: the focus is 'lost', the field 'full'.
 */
function typeOne(field, sign, into) {
  const common = { key: sign, bubbles: true, composed: true, cancelable: true };
  const press = { ...common, ...keyOf(sign) };
  const number = sign.codePointAt(0);
  const insertion = { inputType: 'insertText', data: sign, bubbles: true, composed: true, cancelable: true };
  // Before the page knows the key: it may put it in by itself.
  seal(field);
  into.add(field);
  const wanted = field.dispatchEvent(new KeyboardEvent('keydown', press));
  const target = focusedField();
  if (!target) return 'lost';
  seal(target);
  into.add(target);
  const goesOn = wanted && target.dispatchEvent(new KeyboardEvent('keypress', { ...common, code: press.code, keyCode: number, charCode: number })) &&
    target.dispatchEvent(new InputEvent('beforeinput', insertion));
  // The page has run: this is the last look, and nothing of it runs before the key is in the field.
  if (target !== focusedField() || target.ownerDocument !== document || !isEditable(target)) return 'lost';
  let became = 'prevented';
  if (goesOn) {
    let start = target.selectionStart, end = target.selectionEnd;
    if (start === null) start = end = target.value.length;
    const value = target.value.slice(0, start) + sign + target.value.slice(end);
    became = value.length <= longest(target) ? 'typed' : 'full';
    if (became === 'typed') {
      target.addEventListener('blur', changed, { once: true });
      setter(target).call(target, value);
      if (target.selectionStart !== null) target.setSelectionRange(start + sign.length, start + sign.length);
      announce(target, sign);
    }
  }
  target.dispatchEvent(new KeyboardEvent('keyup', press));
  return became;
}

/** A browser tells of a change when a field is left only if a person made it. */
function changed(event) {
  event.target.dispatchEvent(new Event('change', { bubbles: true }));
}

let struck = [];

/** The keys that came since the focus was set for them, to tell those that got lost on the way. */
function noteKey(event) {
  if (event.isTrusted) struck.push(event.key);
}

/** What may have opened a list or calendar of the browser's own, which gets the keys instead of the page. */
function opens(field) {
  return field.nodeName === 'SELECT' || (field.nodeName === 'INPUT' && (field.list || SET.has(field.type)));
}

/** Waits for so many of them, unless they can't be seen here; only a moment where they may have gone elsewhere for good. */
function keysSeen(count, attempt) {
  const active = document.activeElement && innermost(document.activeElement);
  if (scriptless || !active || active.nodeName === 'IFRAME') return { kind: 'done' };
  // The first of them took the focus away. If none has come, nobody knows what has: they are lost.
  if (active === document.body && struck.length) return { kind: 'done' };
  if (struck.length >= count) return { kind: 'done', value: struck };
  return attempt > 3 && opens(active) ? { kind: 'done' } : again('keys are on their way');
}

/** Gives a field the focus. What was selected in it when it lost it is no reason to overwrite that now. */
function take(field) {
  const active = document.activeElement;
  if (!active || innermost(active) !== field) {
    try {
      if (field.selectionStart !== field.selectionEnd) field.setSelectionRange(0, 0);
    } catch {
      // A kind that has no selection.
    }
  }
  field.focus();
}

function focus(element, request) {
  // What has a place of its own in the order of the keys is meant itself, unless it is to be typed into.
  const target = !request.editable && element.hasAttribute('tabindex') ? element : controlOf(element);
  if (request.keys) {
    const selecting = request.keys.includes('Control') || request.keys.includes('Meta');
    if (keepsSecret(target) && !request.keys.every(key => isHarmless(target, key, selecting))) {
      return invalid(`${describe(target)} holds a secret value, and keys would take it apart: fill it anew`);
    }
    // A document that was opened anew has lost its listeners.
    watchEvents();
    take(target);
    struck = [];
  } else target.focus();
  return target.isConnected ? { kind: 'done' } : again('replaced when it got the focus');
}
