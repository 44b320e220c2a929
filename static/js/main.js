// Starts the modules. The page works without them. The server joins them into one script (chadchat/web/assets.py).
import {start as copy} from './copy.js';
import {start as log} from './log.js';
import {start as far} from './far.js';
import {start as reader} from './reader.js';
import {start as stream} from './stream.js';
import {start as composer} from './composer.js';
import {start as rules} from './rules.js';
import {start as tabs} from './tabs.js';
import {start as viewport} from './viewport.js';
const room = document.querySelector('.talk')?.dataset; // me, room and heartbeat, from the server

for (const start of room ? [copy, log, far, reader, stream, composer, rules, tabs, viewport] : [copy]) {
  try {
    start(room);
  } catch (error) {
    reportError(error); // the other modules still start
  }
}
