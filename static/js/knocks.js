// Knocks are answered in their line, by owners. Loaded with the first knock (extras.js).

function answered(line, words) {
  const answers = line?.querySelector('.at-door');
  if (answers?.children.length) answers.textContent = words;
}

async function answer(line, {value: method}, {room, tell}) {
  const path = `/${room}/knocks/${line.id.slice(2)}`, headers = {Accept: 'application/json'};
  const got = await fetch(path, {method, headers}).catch(() => null);
  if (got?.ok) return; // the stream brings the line that says so
  if (got?.status === 404) answered(line, 'answered');
  const refused = got && (await got.json()).error;
  tell(got?.status === 404 ? 'That knock was answered before.' : refused ?? 'The server did not answer. Try it again.');
}

// Adds the buttons to a line, and takes them from the one that an answer is for.
export function dress(line, page) {
  const {kind, target} = line.dataset;
  if (kind === 'admit' || kind === 'deny') {
    answered(page.find(`#m-${target}`), kind === 'admit' ? 'let in' : 'not now');
  } else if (!line.querySelector('.at-door')) {
    const answers = page.find('#at-door').content.firstElementChild.cloneNode(true);
    const name = line.querySelector('bdi').textContent;
    for (const button of answers.children) button.ariaLabel = `${button.textContent}: ${name}`;
    answers.addEventListener('click', ({target: button}) => button.value && answer(line, button, page));
    line.querySelector('.opens').replaceWith(answers);
  }
}
