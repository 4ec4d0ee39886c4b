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

const sealed = new WeakSet();
let anySealed = false;

/** A sealed value goes into this field: from now on it is never shown. */
function seal(field) {
  sealed.add(field);
  anySealed = true;
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
  if (!field.matches(FIELDS)) return invalid(`${describe(field)} is no field: only an input, a textarea or a select has a value`);
  const text = String(field.value);
  return told(text, 'value', { text, sealed: sealed.has(field) });
}

/** Whether an element is what a state that only some kinds have says of it, or what all can be. */
function stateOf(element, state) {
  const is = value => ({ kind: 'done', value });
  switch (state) {
    case 'visible': return is(isVisible(element));
    case 'enabled': return is(isEnabled(element));
    case 'editable': return isEditing(element) ? is(isEditable(element)) : invalid(`${describe(element)} is no field: nothing in it can be edited`);
    case 'checked': {
      const checked = checkedState(element);
      return checked === null ? invalid(noBox(element)) : is(checked);
    }
    default: return invalid(`unknown state ${state}`);
  }
}

/** Can be seen; the focus needs no more than to be shown, without a size. */
function isThere(element, { boxless }) {
  return isVisible(element) || (boxless && element.checkVisibility({ visibilityProperty: true }));
}

/** Whether nothing of an element is drawn; of a closed list, the options are its text nevertheless. */
function isUndrawn(element) {
  if (element.matches('select *')) return false;
  let boxed = element;
  while (boxed && getComputedStyle(boxed).display === 'contents') boxed = aroundOf(boxed);
  return Boolean(boxed) && !boxed.checkVisibility();
}

/** The text a person would read; a field's is nothing. */
function shownText(element) {
  if (isUndrawn(element)) return '';
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
      if (request.visible && !isThere(element, request)) return again(hiddenBy(element));
      if (request.visible) reveal(element, 0);
      return mark(element);
    case 'focus':
      if (!isThere(element, request)) return again(hiddenBy(element));
      if (!isEnabled(element)) return again(disabledBy(element));
      if (request.editable && !isEditable(element)) return again(lockedBy(element));
      return focus(element, request);
    case 'scroll':
      if (!boxesOf(element).length) return again(hiddenBy(element) || 'not visible');
      if (!await isStable(element, false)) return again('still moving');
      reveal(element, 0);
      return { kind: 'done' };
    case 'box': {
      if (!isVisible(element)) return again(hiddenBy(element));
      const scrolled = reveal(element, 0);
      if (!await isStable(element, scrolled)) return again('still moving');
      const { x, y, width, height } = element.getBoundingClientRect();
      return { kind: 'done', value: { x, y, width, height } };
    }
    case 'text': {
      // Until it is another one than the host has seen.
      const hidden = request.seen && hiddenBy(element);
      const text = hidden ? '' : shownText(element);
      return text === request.unlike ? again(hidden || `it shows ${clip(quoted(masked(text)), 200)}`) : told(text, 'text');
    }
    case 'value': return valueOf(element);
    case 'attribute': return told(sealed.has(element) && request.name.toLowerCase() === 'value' ? HIDDEN : element.getAttribute(request.name), 'attribute');
    case 'state': return stateOf(element, request.of);
    case 'wait':
      if (request.state === 'attached') return { kind: 'done' };
      if (request.state === 'visible') return isVisible(element) ? { kind: 'done' } : again(hiddenBy(element));
      if (request.state === 'enabled') return isVisible(element) && isEnabled(element) ? { kind: 'done' } : again(hiddenBy(element) || disabledBy(element));
      return invalid(`unknown state ${request.state}`);
    default: return invalid(`unknown operation ${request.op}`);
  }
}
