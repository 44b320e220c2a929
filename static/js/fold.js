// Folds three or more joins and leaves in a row into one line, which opens on a click.

const CROWD = 3;
const runs = new WeakMap(); // line -> {lines, open, folded, sign}, shared by all lines of a run

function makeSign(run) {
  const sign = document.createElement('li'), button = document.createElement('button');
  sign.className = 'fold';
  sign.append(button);
  button.addEventListener('click', () => {
    run.open = !run.open;
    show(run, run.lines);
  });
  return sign;
}

function show(run, changed) {
  const crowd = run.lines.length >= CROWD, folded = crowd && !run.open;
  for (const line of folded === run.folded ? changed : run.lines) line.hidden = folded;
  run.folded = folded;
  if (!crowd) return run.sign?.remove();
  run.sign ??= makeSign(run);
  if (run.sign.nextElementSibling !== run.lines[0]) run.lines[0].before(run.sign);
  run.sign.firstChild.textContent = `${run.lines.length} came and went`;
  run.sign.firstChild.ariaExpanded = run.open;
}

// Adds a line to the run of the line before it. `before` is null if a new day begins between the two.
export function fold(line, before) {
  if (line.dataset.kind !== 'join' && line.dataset.kind !== 'leave') return;
  let run = runs.get(line) ?? {lines: [line], open: line.matches('.here')};
  run.lines = run.lines.filter(one => one.isConnected); // lines far above may have been removed
  const changed = run.lines, earlier = before && runs.get(before);
  if (earlier && earlier !== run) {
    run.sign?.remove();
    earlier.lines.push(...changed);
    earlier.open ||= run.open;
    run = earlier;
  }
  for (const one of changed) runs.set(one, run);
  show(run, changed);
}
