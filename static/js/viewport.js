// Some phones show the keyboard over the page instead of shrinking the page. This fits the room into the visible part.
const view = window.visualViewport;
const {style} = document.documentElement;

function fit() {
  if (view.scale !== 1) return; // zoomed in by the reader: leave the page as it is
  style.setProperty('--view', `${view.height}px`);
  style.setProperty('--view-top', `${view.offsetTop}px`);
}

export function start() {
  for (const name of ['resize', 'scroll']) view?.addEventListener(name, fit);
}
