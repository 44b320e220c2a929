// Some phones lay the keyboard over the page instead of shrinking it: then the room is as high as what is left.
const view = window.visualViewport;
const {style} = document.documentElement;

function fit() {
  if (view.scale !== 1) return; // zoomed in by hand: the page stays as it is
  style.setProperty('--view', `${view.height}px`);
  style.setProperty('--view-top', `${view.offsetTop}px`);
}

export function start() {
  for (const name of ['resize', 'scroll']) view?.addEventListener(name, fit);
}
