// Starts the modules. The page works without them. The server joins them into one script (chadchat/web/assets.py).
import {start as copy} from './copy.js';
import {start as code} from './code.js';
import {start as log} from './log.js';
import {start as far} from './far.js';
import {start as reader} from './reader.js';
import {start as place} from './place.js';
import {start as unread} from './unread.js';
import {start as opening} from './opening.js';
import {start as stream} from './stream.js';
import {start as late} from './late.js';
import {start as refused} from './refused.js';
import {start as composer} from './composer.js';
import {start as acts} from './acts.js';
import {start as quote} from './quote.js';
import {start as reply} from './reply.js';
import {start as pointing} from './pointing.js';
import {start as rules} from './rules.js';
import {start as tabs} from './tabs.js';
import {start as viewport} from './viewport.js';
import {start as people} from './people.js';
import {start as side} from './side.js';
import {start as hushed} from './hushed.js';
import {start as extras} from './extras.js';
import {start as sheet} from './sheet.js';
import {start as until} from './until.js';
const room = document.querySelector('.talk')?.dataset; // me, room and heartbeat, from the server
const always = [copy, until, hushed];
const parts = [
  code, log, far, reader, unread, opening, stream, late, refused, composer, acts, 
  pointing, rules, tabs, viewport, people, sheet,
  place, side, extras, quote, reply,
];

for (const start of room ? [...always, ...parts] : always) {
  try {
    start(room);
  } catch (error) {
    reportError(error); // the other modules still start
  }
}
