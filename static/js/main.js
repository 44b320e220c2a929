// What HTML, CSS and htmx cannot do; the page is whole without. The server joins these into one (web/assets.py).
import {start as copy} from './copy.js';
import {start as log} from './log.js';
import {start as far} from './far.js';
import {start as reader} from './reader.js';
import {start as stream} from './stream.js';
import {start as composer} from './composer.js';
import {start as viewport} from './viewport.js';
const room = document.querySelector('.talk')?.dataset; // me, room, heartbeat: as the server wrote them into the page

for (const start of room ? [copy, log, far, reader, stream, composer, viewport] : [copy]) {
  try {
    start(room);
  } catch (error) {
    reportError(error); // a module that fails does not take the others with it
  }
}
