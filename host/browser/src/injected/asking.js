// Asking a node what it is. A page decides what `form.nodeType` gives: a field of that name stands
// before what every node has, in our world as in its own; and so it is with a document and the names
// of its forms and images. These ask the node itself. What looks for secrets uses no other way.

const its = (() => {
  const read = (kind, name) => {
    const { get } = Object.getOwnPropertyDescriptor(kind.prototype, name);
    return node => get.call(node);
  };
  const call = (kind, name) => {
    const method = kind.prototype[name];
    return (node, ...given) => method.apply(node, given);
  };
  return {
    type: read(Node, 'nodeType'), name: read(Node, 'nodeName'), first: read(Node, 'firstChild'), next: read(Node, 'nextSibling'), parent: read(Node, 'parentElement'),
    connected: read(Node, 'isConnected'), append: call(Node, 'appendChild'),
    tag: read(Element, 'localName'), attributes: read(Element, 'attributes'), attribute: call(Element, 'getAttribute'),
    shadow: read(Element, 'shadowRoot'), box: call(Element, 'getBoundingClientRect'),
    width: read(Element, 'scrollWidth'), height: read(Element, 'scrollHeight'),
    root: read(Document, 'documentElement'), base: read(Node, 'baseURI'), make: call(Document, 'createElement'), range: call(Document, 'createRange'), walker: call(Document, 'createTreeWalker'),
    mode: read(Document, 'compatMode'), sheets: read(Document, 'adoptedStyleSheets'),
  };
})();

/** Calls a function with every child of a node, in order. */
function eachChild(node, visit) {
  for (let child = its.first(node); child; child = its.next(child)) visit(child);
}
