// Finding elements: turns the steps of a locator into a list of elements, through open shadow
// roots, in document order. It only reads the page; it must never change it.

/** Text with every run of white space made one space, none at the ends. */
function normal(text) {
  return text.replace(/[\u200b\u00ad]/g, '').replace(/\s+/g, ' ').trim();
}

/** A text match as the host sends it ({t, v}) made a function of an already normalised text; secrets in that are masked. */
function matcher(match) {
  const fits = plainMatcher(match);
  if (!values.all.size) return fits;
  // A pattern may ask for either the mask or what is behind it.
  return match.t === 'regex' ? text => fits(masked(text)) : text => fits(text) && fits(masked(text));
}

function plainMatcher(match) {
  if (match.t === 'exact') {
    const wanted = normal(match.v);
    return text => text === wanted;
  }
  if (match.t === 'contains') {
    const wanted = normal(match.v).toLowerCase();
    return text => text.toLowerCase().includes(wanted);
  }
  const pattern = patternOf(match);
  return text => pattern.test(text);
}

/** The regular expression of a text match that is one. */
function patternOf(match) {
  try {
    return new RegExp(match.v, `u${match.f || ''}`);
  } catch {
    // Escapes that unicode mode forbids, such as \-, are fine without it.
    try {
      return new RegExp(match.v, match.f || '');
    } catch {
      throw new Error('a pattern is no regular expression of JavaScript');
    }
  }
}

/** Parent in the tree as it is written: out of a shadow root to its host. */
function parentOf(node) {
  return node.parentElement || hostOf(node);
}

/** The host of the shadow root that a node is in. What `host` of a document gives may be its form of that name. */
function hostOf(node) {
  const root = node.getRootNode();
  return root instanceof ShadowRoot ? root.host : null;
}

/** Parent in the tree as it is drawn: of what is in a slot, the slot. */
function aroundOf(node) {
  return node.assignedSlot || parentOf(node);
}

/** Whether `inner` is `outer` or is drawn inside of it. */
function within(outer, inner) {
  for (let node = inner; node; node = aroundOf(node)) if (node === outer) return true;
  return false;
}

/** The shadow roots that were met since a wait began: changes in them are watched, too. */
const roots = new Set();

/** The scopes to search under `root`: itself, and every open shadow root below it. */
function scopesOf(root) {
  return remembered('scopes', root, () => {
    const scopes = [root];
    if (root instanceof ShadowRoot) roots.add(root);
    if (root.shadowRoot) scopes.push(...scopesOf(root.shadowRoot));
    for (const element of root.querySelectorAll('*')) {
      const inner = its.shadow(element);
      if (inner) scopes.push(...scopesOf(inner));
    }
    return scopes;
  });
}

/** The elements right below a node. What `children` of a form gives may be its field of that name. */
function childrenOf(node) {
  const found = [];
  for (let child = node.firstElementChild; child; child = child.nextElementSibling) found.push(child);
  return found;
}

/** Every element under `root`, open shadow roots included, in document order. */
function everyElement(root, found = []) {
  if (root instanceof ShadowRoot) roots.add(root);
  if (root.shadowRoot) everyElement(root.shadowRoot, found);
  for (let child = root.firstElementChild; child; child = child.nextElementSibling) {
    found.push(child);
    everyElement(child, found);
  }
  return found;
}

/** The innermost visible elements whose text matches, of which only what is drawn counts; `root` may be one. */
function byText(root, match) {
  const fits = matcher(match);
  const found = [];
  // A text that is not even part of the parent's can't be in a child; a pattern with anchors can.
  const prune = match.t === 'regex' ? null : normal(match.v).toLowerCase();
  if (prune !== null && root === document && !mayShow(match.v)) return found;
  const visit = element => {
    const text = drawnTextOf(element);
    if (prune !== null && !text.toLowerCase().includes(prune)) return false;
    const deeper = inside(element).filter(node => node.nodeType === Node.ELEMENT_NODE && visit(node));
    if (deeper.length) return true;
    if (!fits(text) || !isVisible(element) || !fits(drawnTextOf(element, true))) return false;
    found.push(element);
    return true;
  };
  if (root.nodeType === Node.ELEMENT_NODE) visit(root);
  else childrenOf(root).forEach(visit);
  return found;
}

/** What `find` finds in the scope and in every shadow root below it, in document order. */
function inScopes(root, find) {
  const scopes = scopesOf(root);
  const several = scopes.length > 1;
  const found = scopes.flatMap(scope => find(scope, several));
  return several ? ordered(found) : found;
}

function byAttribute(root, name, fits) {
  return inScopes(root, scope => [...scope.querySelectorAll(`[${name}]`)])
    .filter(element => fits(normal(element.getAttribute(name))));
}

const LABELLED = 'input:not([type=hidden]),textarea,select,button,meter,output,progress,[aria-label],[aria-labelledby],[contenteditable]';

function byLabel(root, match) {
  const fits = matcher(match);
  return inScopes(root, scope => [...scope.querySelectorAll(LABELLED)])
    .filter(element => {
      for (const text of labelTexts(element)) if (text && fits(text)) return true;
      return false;
    });
}

function byRole(root, named, match) {
  const role = meant(named);
  if (!ROLES.has(role)) throw new Error('there is no such role; the roles are those of WAI-ARIA');
  const fits = match ? matcher(match) : null;
  return inScopes(root, scope => [...scope.querySelectorAll(mayHaveRole(role))]).filter(element =>
    roleOf(element) === role && !isHiddenFromReaders(element) && (!fits || fits(nameOf(element))));
}

function byStep(root, step) {
  switch (step.k) {
    case 'css': return byCss(root, step.v);
    case 'text': return byText(root, step.m);
    case 'label': return byLabel(root, step.m);
    case 'placeholder': return byAttribute(root, 'placeholder', matcher(step.m));
    case 'alt': return byAttribute(root, 'alt', matcher(step.m));
    case 'title': return byAttribute(root, 'title', matcher(step.m));
    case 'testid': return byAttribute(root, 'data-testid', matcher({ t: 'exact', v: step.v }));
    case 'role': return byRole(root, step.role, step.m);
    default: throw new Error(`unknown step ${step.k}`);
  }
}

/** Document order, each once, also when some of them live in shadow roots. */
function ordered(elements) {
  const unique = [...new Set(elements)];
  if (unique.length < 2) return unique;
  const chains = new Map(unique.map(element => {
    const chain = [];
    for (let node = element; node; node = hostOf(node)) chain.unshift(node);
    return [element, chain];
  }));
  return unique.sort((a, b) => {
    const left = chains.get(a), right = chains.get(b);
    for (let i = 0; i < left.length && i < right.length; i++) {
      if (left[i] === right[i]) continue;
      return left[i].compareDocumentPosition(right[i]) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1;
    }
    return left.length - right.length;
  });
}

/** All elements that the steps lead to, from `root`. */
function resolve(steps, root = document) {
  return inOneLook(() => follow(steps, root));
}

function follow(steps, root) {
  let set = [root];
  for (const step of steps) {
    switch (step.k) {
      case 'nth': {
        const at = step.i < 0 ? set.length + step.i : step.i;
        set = set[at] ? [set[at]] : [];
        break;
      }
      case 'filter': {
        const fits = step.text ? matcher(step.text) : null;
        set = set.filter(element => (!fits || fits(textOf(element))) && (!step.has || follow(step.has, element).length > 0));
        break;
      }
      case 'or':
        set = ordered(set.concat(follow(step.steps, root)));
        break;
      default:
        set = set.length === 1 ? byStep(set[0], step) : ordered(set.flatMap(from => byStep(from, step)));
    }
  }
  return steps.length ? set : [];
}
