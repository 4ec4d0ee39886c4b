// CSS whose combinators reach into open shadow roots: for it a shadow root's elements are inside of
// its host, as a person sees them. Only needed where there are shadow roots; else the browser's own
// is used as it is. It only reads the page.

/** A selector list as lists of compounds, each with the combinator before it. */
function cssParts(selector) {
  const lists = [[]];
  let compound = '', combinator = '', depth = 0, quote = '';
  const end = () => {
    if (compound) lists[lists.length - 1].push({ combinator: lists[lists.length - 1].length ? combinator || ' ' : '', compound });
    if (compound) combinator = '';
    compound = '';
  };
  for (let i = 0; i < selector.length; i++) {
    const sign = selector[i];
    if (sign === '\\') compound += sign + (selector[++i] || '');
    else if (quote || depth) {
      compound += sign;
      if (quote) quote = sign === quote ? '' : quote;
      else if (sign === '"' || sign === "'") quote = sign;
      else if (sign === '(' || sign === '[') depth++;
      else if (sign === ')' || sign === ']') depth--;
    } else if (sign === ',') {
      end();
      lists.push([]);
    } else if (/\s/.test(sign)) end();
    else if (sign === '>' || sign === '+' || sign === '~') {
      end();
      combinator = sign;
    } else {
      compound += sign;
      if (sign === '(' || sign === '[') depth++;
    }
  }
  end();
  return lists;
}

/** Whether an element is what the last of the parts says, and what is around it fits the others. */
function fitsParts(element, parts, last = parts.length - 1) {
  const { compound, combinator } = parts[last];
  if (!element.matches(compound)) return false;
  if (last === 0) return true;
  const next = node => combinator === '+' || combinator === '~' ? node.previousElementSibling : parentOf(node);
  const far = combinator === ' ' || combinator === '~';
  for (let node = next(element); node; node = far ? next(node) : null) if (fitsParts(node, parts, last - 1)) return true;
  return false;
}

function byCss(root, selector) {
  return inScopes(root, (scope, several) => {
    const own = [...scope.querySelectorAll(selector)];
    if (!several || /:scope|:host/.test(selector)) return own;
    const across = cssParts(selector).filter(parts => parts.length > 1)
      .flatMap(parts => [...scope.querySelectorAll(parts[parts.length - 1].compound)].filter(element => fitsParts(element, parts)));
    return own.concat(across);
  });
}
