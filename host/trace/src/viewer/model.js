// The lines of a trace as steps, actions and what the pages said meanwhile. Pure: no page, no
// network.

/** `{ session, steps: [{ source, actions }], actions, captures, events, start, end }` */
export function modelOf(lines) {
  const model = { session: {}, steps: [], actions: [], captures: [], events: [], start: Infinity, end: 0 };
  let sources = new Map();
  let newest = new Map();
  let waiting = [];
  let step = null;
  lines.forEach((line, index) => {
    if (!line || typeof line !== 'object') return;
    const at = Date.parse(line.at);
    if (at) {
      model.start = Math.min(model.start, at - (line.ms || 0));
      model.end = Math.max(model.end, at);
    }
    switch (line.kind) {
      case 'session':
        // A session that goes on in the file of an earlier one counts its captures anew.
        model.session = line;
        newest = new Map();
        sources = new Map();
        step = null;
        return;
      case 'step':
        sources.set(line.step, line);
        step = null;
        return;
      case 'capture': {
        const capture = { ...line, index, time: at };
        model.captures.push(capture);
        newest.set(line.number, capture);
        for (const action of waiting) action.after = capture;
        waiting = [];
        return;
      }
      case 'action': {
        const name = line.step || '';
        if (!step || step.name !== name) {
          step = { name, source: sources.get(name) || {}, actions: [] };
          model.steps.push(step);
        }
        const action = {
          ...line, number: model.actions.length, end: at, begin: at - (line.ms || 0), step, events: [],
          before: newest.get(line.before) || null, after: newest.get(line.failed) || null,
        };
        if (!action.after) waiting.push(action);
        step.actions.push(action);
        model.actions.push(action);
        return;
      }
      default: {
        const event = { ...line, index, time: at };
        model.events.push(event);
      }
    }
  });
  // What was said between the end of one action and the end of the next belongs to the next.
  let next = 0;
  for (const event of model.events) {
    while (next < model.actions.length - 1 && model.actions[next].end < event.time) next++;
    if (model.actions[next]) model.actions[next].events.push(event);
  }
  // An action without a capture of its own (a question) shows the page as it was last seen.
  let last = 0;
  for (const action of model.actions) {
    while (last < model.captures.length && model.captures[last].time <= action.end) last++;
    if (!action.before) action.seen = model.captures[last - 1] || null;
  }
  if (model.start > model.end) model.start = model.end;
  return model;
}

export function inWords(milliseconds) {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  const seconds = milliseconds / 1000;
  return seconds < 60 ? `${seconds.toFixed(1)} s` : `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

/** What an event says, in a line. */
export function eventText(event) {
  switch (event.kind) {
    case 'console': return `${event.level}: ${event.text}`;
    case 'page-error': return event.text;
    case 'network-failure': return `${event.reason} ${event.url}`;
    case 'denied': return `stopped: ${event.url}`;
    case 'cut': return event.why;
    default: {
      const { kind, at, step, index, time, ...rest } = event;
      return Object.entries(rest).map(([name, value]) => `${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`).join(', ');
    }
  }
}

export function isBad(event) {
  return ['page-error', 'network-failure', 'crash', 'denied', 'cut', 'unauthorized'].includes(event.kind) || event.level === 'error';
}
