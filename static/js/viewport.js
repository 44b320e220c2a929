// Some phones lay the keyboard over the page instead of shrinking it: then the room is as high as what is left.

const view = window.visualViewport;

function setLength(name, pixels) {
  document.documentElement.style.setProperty(name, `${pixels}px`);
}

function fit() {
  if (view.scale !== 1) return; // zoomed in by hand: the page stays as it is
  setLength('--view', view.height);
  setLength('--view-top', view.offsetTop);
}

export function start() {
  view?.addEventListener('resize', fit);
  view?.addEventListener('scroll', fit);
}
