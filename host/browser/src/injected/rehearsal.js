// What pages are asked most, asked once of the empty document of a page that no session has yet: a
// function is compiled when it first runs, for all documents of its process. Nothing of it is left.
// It is no part of the script, and never comes to a document of a site.
(async () => {
  if (location.href !== 'about:blank') return;
  const exact = text => ({ t: 'exact', v: text });
  document.body.innerHTML = '<label>field<input></label><button>button</button>';
  await __mavm.run({ op: 'fill', steps: [{ k: 'label', m: exact('field') }], value: 'value' });
  await __mavm.run({ op: 'aim', enabled: true, guard: 'press', steps: [{ k: 'role', role: 'button', m: exact('button') }] });
  await __mavm.run({ op: 'first', lists: [[{ k: 'text', m: exact('text') }], [{ k: 'css', v: 'button' }]] });
  __mavm.disarm();
  document.body.replaceChildren();
})();
