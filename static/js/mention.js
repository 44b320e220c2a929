// Completion of `@name` in the box: the people who are here, and those who have written on this page. Loaded on demand
// (extras.js).
const SIGN = /(?:^|[^a-z\d_@/.])(@[^@\n]{0,32})$/i;

// By name, as each name is held by one seat at a time.
function people({me, find}) {
  const found = new Map();
  const nodes = document.querySelectorAll('#people [data-member], #log > [data-kind="message"][data-author]');
  for (const {dataset, firstElementChild} of nodes) {
    const id = dataset.member ?? dataset.author, name = firstElementChild.textContent.trim();
    if (id && id !== me && !found.has(name)) found.set(name, {initial: dataset.initial, hue: dataset.hue});
  }
  if (find('.talk[data-owner]')) found.set('here', {mark: '@'});
  return [...found];
}

function look(page, typed) {
  const start = typed.slice(1).toLocaleLowerCase();
  const fits = ([name]) => name.toLocaleLowerCase().split(' ').some((_, nth, words) =>
    words.slice(nth).join(' ').startsWith(start));
  return people(page).filter(fits).map(([name, data]) => ({insert: `@${name} `, words: name, data}));
}

export function start(page) {
  page.offer({sign: SIGN, look: typed => look(page, typed)});
}
