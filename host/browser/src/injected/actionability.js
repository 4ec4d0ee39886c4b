// Whether an element can be acted on now: visible, enabled, editable, and the one that receives
// events at its point. Scrolling is the only change it makes to a page.

/** The boxes of an element, or of what is in it where it has none of its own. */
function boxesOf(element) {
  if (getComputedStyle(element).display !== 'contents') return [...element.getClientRects()];
  return [...element.childNodes].flatMap(child => {
    if (child.nodeType === Node.ELEMENT_NODE) return isVisible(child) ? boxesOf(child) : [];
    if (child.nodeType !== Node.TEXT_NODE || !child.data.trim()) return [];
    const range = document.createRange();
    range.selectNode(child);
    return [...range.getClientRects()];
  });
}

/** Where an element is; of one without a box, where the first of what is in it is. */
function placeOf(element) {
  const place = element.getBoundingClientRect();
  return place.width || place.height ? place : boxesOf(element)[0] || place;
}

/** Has a box that is not empty and is not made invisible. */
function isVisible(element) {
  if (!element.isConnected) return false;
  const style = getComputedStyle(element);
  const solid = box => box.width > 0 && box.height > 0;
  if (style.display === 'contents') return boxesOf(element).some(solid);
  return style.visibility === 'visible' && element.checkVisibility() && solid(element.getBoundingClientRect());
}

/** Why an element is not visible, in words; null if it is. */
function hiddenBy(element) {
  if (isVisible(element)) return null;
  if (!element.isConnected) return 'no longer in the document';
  // What is in a frame that isn't drawn has no box, whatever its own styles say.
  if (!its.root(document).getClientRects().length) return 'not visible: nothing of its document is drawn (the frame that it is in is hidden)';
  let none = element;
  while (none && getComputedStyle(none).display !== 'none') none = aroundOf(none);
  if (none) return `not visible (display: none${none === element ? '' : ` on ${describe(none)}`})`;
  const { display, visibility } = getComputedStyle(element);
  if (display === 'contents') return 'not visible: nothing in it is';
  if (visibility !== 'visible') return `not visible (visibility: ${visibility})`;
  if (!element.checkVisibility()) return 'not visible (content-visibility: hidden)';
  const box = element.getBoundingClientRect();
  return `not visible: its size is ${Math.round(box.width)} × ${Math.round(box.height)}`;
}

/** Not switched off, by itself, by a fieldset, or by what aria-disabled says next to it. */
function isEnabled(element) {
  return disabledBy(element) === null;
}

/** Why an element is not enabled, in words; null if it is. */
function disabledBy(element) {
  const target = controlOf(element);
  if (target.matches(':disabled')) {
    if (target.disabled) return target === element ? 'disabled' : `${describe(target)} is disabled`;
    const around = target.closest('fieldset:disabled, optgroup:disabled');
    return `disabled by ${describe(around || target)}`;
  }
  if (!CAN_BE_DISABLED.has(roleOf(target))) return null;
  for (let node = target; node; node = aroundOf(node)) {
    const said = (node.getAttribute('aria-disabled') || '').toLowerCase();
    if (said === 'true') return node === target ? 'disabled (aria-disabled)' : `disabled by ${describe(node)} (aria-disabled)`;
    if (said === 'false') return null;
  }
  return null;
}

/** The roles that aria-disabled means something for, of itself or of what is around: after WAI-ARIA 1.2. */
const CAN_BE_DISABLED = new Set(('application button gridcell group input link menuitem scrollbar separator tab ' +
  'checkbox columnheader combobox grid listbox menu menubar menuitemcheckbox menuitemradio option radio radiogroup row ' +
  'rowheader searchbox slider spinbutton switch tablist textbox toolbar tree treegrid treeitem').split(' '));

function isEditable(element) {
  return lockedBy(element) === null;
}

/** Why an element can't be edited, in words; null if it can. */
function lockedBy(element) {
  const disabled = disabledBy(element);
  if (disabled) return disabled;
  const field = controlOf(element);
  if (field.readOnly) return 'read-only';
  // A field of the browser's own takes keys whatever aria says.
  if (field.matches(FIELDS) || !CAN_BE_READ_ONLY.has(roleOf(field))) return null;
  return field.getAttribute('aria-readonly') === 'true' ? 'read-only (aria-readonly)' : null;
}

/** The roles that aria-readonly means something for: after WAI-ARIA 1.2. */
const CAN_BE_READ_ONLY = new Set(('checkbox columnheader combobox grid gridcell listbox menuitemcheckbox menuitemradio ' +
  'radiogroup rowheader searchbox slider spinbutton switch textbox treegrid').split(' '));

/** Something of which one can ask whether it can be edited. */
function isEditing(element) {
  const field = controlOf(element);
  return isField(field) || CAN_BE_READ_ONLY.has(roleOf(field));
}

const PRESSABLE = 'button,a[href],[role=button],[role=link],[role=checkbox],[role=radio],[role=switch],[role=tab],[role=option],[role=menuitem],summary';
const FIELDS = 'input,textarea,select';

/** Something that a person types into or picks from, whatever is around it. */
function isField(element) {
  return element.matches(FIELDS) || element.isContentEditable;
}

/** The button or link that an element is a part of, else the element. */
function pressable(element) {
  if (isField(element)) return element;
  // A link without an address is one for its script.
  for (let node = element; node; node = aroundOf(node)) if (node.matches(PRESSABLE) || node.nodeName === 'A') return node;
  return element;
}

/** The control that an element stands for: its button, or what the label around it is for; else the element. */
function controlOf(element) {
  if (isField(element)) return element;
  for (let node = element; node; node = aroundOf(node)) {
    if (node.matches(PRESSABLE)) return node;
    if (node.nodeName === 'LABEL' && node.control) return node.control;
  }
  return element;
}

/** true, false, or null if it is neither checkbox, radio nor switch. */
function checkedState(element) {
  const control = controlOf(element);
  if (control.nodeName === 'INPUT' && (control.type === 'checkbox' || control.type === 'radio')) return control.checked;
  const role = roleOf(control);
  if (['checkbox', 'radio', 'switch', 'menuitemcheckbox', 'menuitemradio', 'option', 'treeitem'].includes(role)) {
    return control.getAttribute('aria-checked') === 'true';
  }
  return null;
}

const ALIGN = [null, { block: 'end', inline: 'end' }, { block: 'center', inline: 'center' }, { block: 'start', inline: 'start' }];

/** Brings the element into view; on later tries against another edge, past sticky headers. Tells if it had to. */
function reveal(element, attempt) {
  let boxed = element;
  while (getComputedStyle(boxed).display === 'contents') {
    const child = childrenOf(boxed).find(isVisible);
    if (!child) return revealText(element);
    boxed = child;
  }
  const before = boxed.getBoundingClientRect();
  const scroll = align => boxed.scrollIntoView({ ...align, behavior: 'instant' });
  const moved = () => !sameBox(before, boxed.getBoundingClientRect());
  const align = ALIGN[attempt % ALIGN.length];
  // Only if needed, and then into the middle.
  scroll(align || { block: 'nearest', inline: 'nearest' });
  if (!align && moved()) scroll({ block: 'center', inline: 'center' });
  return moved();
}

/** The same for a text without an element that has a box: all that scrolls around it brings it into its middle. */
function revealText(element) {
  const place = () => placeOf(element);
  const before = place();
  for (let node = aroundOf(element); node; node = aroundOf(node)) {
    const { left, top, right, bottom } = node === document.scrollingElement
      ? { left: 0, top: 0, right: innerWidth, bottom: innerHeight } : node.getBoundingClientRect();
    const { x, y, width, height } = place();
    if (x >= left && y >= top && x + width <= right && y + height <= bottom) continue;
    node.scrollBy({ left: x + (width - left - right) / 2, top: y + (height - top - bottom) / 2, behavior: 'instant' });
  }
  return !sameBox(before, place());
}

/** A point of the element that lies in the viewport, or null. */
function pointOf(element, offset) {
  if (offset) {
    const box = element.getBoundingClientRect();
    return { x: box.x + offset.x, y: box.y + offset.y };
  }
  for (const box of boxesOf(element)) {
    const left = Math.max(box.left, 0), right = Math.min(box.right, innerWidth);
    const top = Math.max(box.top, 0), bottom = Math.min(box.bottom, innerHeight);
    if (right - left > 0.5 && bottom - top > 0.5) return { x: (left + right) / 2, y: (top + bottom) / 2 };
  }
  return null;
}

/** The innermost element at a point, through open shadow roots. */
function elementAt(x, y) {
  let found = document.elementFromPoint(x, y);
  while (found && found.shadowRoot) {
    const inner = found.shadowRoot.elementFromPoint(x, y);
    if (!inner || inner === found) return slotAt(found, x, y) || found;
    found = inner;
  }
  return found;
}

/** The slot that shows a text of `host` at a point. Where a text is hit that has no other element, the host is told. */
function slotAt(host, x, y) {
  for (const node of host.childNodes) {
    if (node.nodeType !== Node.TEXT_NODE || !node.assignedSlot) continue;
    const range = document.createRange();
    range.selectNode(node);
    const holds = box => x >= box.left && x < box.right && y >= box.top && y < box.bottom;
    if ([...range.getClientRects()].some(holds)) return node.assignedSlot;
  }
  return null;
}

/** Whether an event that hits `hit` reaches `target`. */
function reaches(target, hit) {
  if (!hit) return false;
  if (within(pressable(target), hit)) return true;
  for (let node = hit; node; node = aroundOf(node)) {
    if (node.nodeName === 'LABEL' && node.control && (node.control === target || node.control === controlOf(target))) return true;
  }
  return false;
}

/** What lies over the target: the outermost element around `hit` that doesn't hold the target. */
function coverOf(target, hit) {
  if (!hit) return 'nothing (outside of the window)';
  let top = hit;
  for (let node = hit; node && !within(node, target); node = aroundOf(node)) top = node;
  return top === hit ? describe(hit) : `${describe(hit)} in ${describe(top)}`;
}
