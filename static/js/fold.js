// Folds three or more joins and leaves in a row into one line that says what they come to: "Grace, Ada and Mallory came
// in", "31 came in". It opens on a click, and shows each of them.

const CROWD = 3;
const NAMED = 3; // more names than these are a number
// What a member did, by the kinds of the first and the last of its lines.
const DID = {
  'join join': 'came in',
  'join leave': 'came and went',
  'leave leave': 'left',
  'leave join': 'left and came back',
};
const runs = new WeakMap(); // line -> {lines, open, folded, sign}, shared by all lines of a run

function bdi(name) {
  const isolated = document.createElement('bdi');
  isolated.textContent = name;
  return isolated;
}

function namesOf(people) {
  if (people.length > NAMED) return [String(people.length)];
  const between = index => index === people.length - 1 ? ' and ' : ', ';
  return people.flatMap(({name}, index) => index ? [between(index), bdi(name)] : [bdi(name)]);
}

// The words of a run, as texts and elements.
function words(lines) {
  const people = new Map(); // member id -> name and the kinds of its first and last line
  for (const line of lines) {
    const {author, kind} = line.dataset, known = people.get(author);
    people.set(author, {name: line.querySelector('bdi').textContent, first: known?.first ?? kind, last: kind});
  }
  const groups = Object.entries(DID).map(([kinds, did]) => [did, [...people.values()].filter(
    ({first, last}) => `${first} ${last}` === kinds)]);
  return groups.filter(([, group]) => group.length).flatMap(
    ([did, group], index) => [index ? ', ' : '', ...namesOf(group), ` ${did}`]);
}

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
  run.sign.firstChild.replaceChildren(...words(run.lines));
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
