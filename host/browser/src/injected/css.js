// CSS as a person means it: for its combinators, and for :has, :is, :where and :not, what is in an open
// shadow root is inside of the host; and under an element nothing outside of it is taken for a part of
// the selector, which may begin with a combinator or speak of the element itself as :scope. The
// browser's own is used where it does the same. It only reads the page.

/** The signs of a selector that stand outside of quotes and brackets (those count), each with its place. */
function* openSigns(selector) {
  let depth = 0, quote = '';
  for (let at = 0; at < selector.length; at++) {
    const sign = selector[at];
    if (sign === '\\') at += selector.slice(at).match(/^\\(?:[0-9a-f]{1,6}\s?|[^])?/i)[0].length - 1;
    else if (quote) quote = sign === quote ? '' : quote;
    else if (sign === '"' || sign === "'") quote = sign;
    else {
      if (sign === ')' || sign === ']') depth--;
      if (depth === 0) yield [at, sign];
      if (sign === '(' || sign === '[') depth++;
    }
  }
}

/** A selector list, cut at its commas. */
function cssList(selector) {
  if (!selector.includes(',')) return [selector];
  const list = [];
  let from = 0;
  for (const [at, sign] of openSigns(selector)) {
    if (sign !== ',') continue;
    list.push(selector.slice(from, at));
    from = at + 1;
  }
  return [...list, selector.slice(from)];
}

/** Whether a selector speaks of its scope, not counting what is in brackets. */
function namesScope(selector) {
  return /:scope/i.test(selector) && [...openSigns(selector)].some(([at]) => /^:scope(?![\w-])/i.test(selector.slice(at)));
}

/** One selector as compounds, each with the combinator before it; one in front stands after :scope. */
function cssParts(selector) {
  const parts = [];
  let from = 0, combinator = '';
  const end = at => {
    const compound = selector.slice(from, at).trim();
    from = at + 1;
    if (!compound) return;
    if (!parts.length && combinator) parts.push({ combinator: '', ...peeled(':scope') });
    parts.push({ combinator: parts.length ? combinator || ' ' : '', ...peeled(compound) });
    combinator = '';
  };
  for (const [at, sign] of openSigns(selector)) {
    if (!/[\s>+~]/.test(sign)) continue;
    end(at);
    if (sign.trim()) combinator = sign;
  }
  end(selector.length);
  return parts;
}

/** A compound as what the browser's own does for it, and the functions that look across shadow roots. */
function peeled(compound) {
  const functions = [];
  let plain = '', from = 0, open = null;
  for (const [at, sign] of openSigns(compound)) {
    if (open && sign === ')') {
      const inner = compound.slice(open.at, at);
      functions.push({ name: open.name, inner, list: open.name === 'has' ? [] : cssList(inner).map(cssParts) });
      from = at + 1;
      open = null;
    } else if (!open) {
      const start = compound.slice(at).match(/^:(has|is|where|not)\(/i);
      if (!start) continue;
      plain += compound.slice(from, at);
      open = { name: start[1].toLowerCase(), at: at + start[0].length };
    }
  }
  plain += compound.slice(from);
  return { plain: plain || '*', functions, scoped: namesScope(plain) };
}

function fitsCompound(element, { plain, functions, scoped }, root) {
  const scope = root === document ? its.root(document) : root;
  if (scoped && element !== scope || !element.matches(plain)) return false;
  return functions.every(({ name, inner, list }) => {
    if (name === 'has') return byCss(element, inner).length > 0;
    return list.some(parts => fitsParts(element, parts, root)) === (name !== 'not');
  });
}

/** Whether an element is what the last of the parts says, and what is around it fits the others. */
function fitsParts(element, parts, root, last = parts.length - 1) {
  if (!fitsCompound(element, parts[last], root)) return false;
  if (last === 0) return true;
  const { combinator } = parts[last];
  const next = node => combinator === '+' || combinator === '~' ? node.previousElementSibling : parentOf(node);
  const far = combinator === ' ' || combinator === '~';
  for (let node = next(element); node; node = far ? next(node) : null) if (fitsParts(node, parts, root, last - 1)) return true;
  return false;
}

/** Whether a selector leads to its scope itself or to what stands beside that. */
function leavesScope(parts) {
  const at = parts.findIndex(part => part.scoped);
  return at >= 0 && (at === parts.length - 1 || parts[at + 1].combinator === '+' || parts[at + 1].combinator === '~');
}

/** An element and those after it under the same parent, with all that is in them. */
function besides(element) {
  const found = [];
  for (let node = element; node; node = node.nextElementSibling) found.push(node, ...everyElement(node));
  return found;
}

function byCss(root, selector) {
  refuseCss(root, selector);
  const under = root.nodeType === Node.ELEMENT_NODE;
  const list = cssList(selector).map(one => !under || !one.trim() || namesScope(one) ? one : `:scope ${one}`);
  // It also tells if this is no selector.
  const own = [...root.querySelectorAll(list.join(','))];
  const scopes = scopesOf(root);
  // Most selectors say nothing of their scope or what stands beside it, and there is no shadow root.
  if (scopes.length === 1 && !(under && /:scope|[+~]/i.test(selector))) return own;
  const leaves = parts => under && leavesScope(parts);
  const each = list.map(one => cssParts(one));
  if (scopes.length === 1 && !each.some(leaves)) return own;
  const found = cssList(selector).flatMap((one, at) => {
    if (/:host/.test(one)) return scopes.flatMap(scope => [...scope.querySelectorAll(one)]);
    const parts = each[at];
    const pool = leaves(parts) ? besides(root) : scopes.flatMap(scope => [...scope.querySelectorAll(parts[parts.length - 1].plain)]);
    return pool.filter(element => fitsParts(element, parts, root));
  });
  return ordered(found);
}
