// What is put off until later: animation frames and timers, ours and the page's. A document numbers
// those that it is asked for whoever asks, and ours are counted here: so asking for one more tells how
// many the page has asked for.

const ours = { frames: 0, timers: 0 };

/** Our own way to ask for an animation frame: every other would count as the page's. */
function onFrame(done) {
  ours.frames++;
  return requestAnimationFrame(done);
}

/** Our own way to ask for a timer. */
function onTimer(done, milliseconds) {
  ours.timers++;
  return setTimeout(done, milliseconds);
}

const pause = milliseconds => new Promise(done => onTimer(done, milliseconds));

/** How many frames and timers the page has asked for, but for a constant. */
function putOff() {
  const frame = onFrame(() => {}), timer = onTimer(() => {}, 0);
  cancelAnimationFrame(frame);
  clearTimeout(timer);
  return { frames: frame - ours.frames, timers: timer - ours.timers };
}

/** Resolves when the page has had its turn: after the script that runs now and what it has promised. */
function turn() {
  // After an input Chromium draws before it does other tasks; this one is as urgent as input.
  return scheduler.postTask(() => {}, { priority: 'user-blocking' });
}
