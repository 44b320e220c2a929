// What a page needs once somebody acts: loaded at the first act (acts.js), as one script.
import {start as answer} from './answer.js';
import {start as arrows} from './arrows.js';
import {start as choices} from './choices.js';
import {start as complete} from './complete.js';
import {start as copyLine} from './copyline.js';
import {start as edit} from './edit.js';
import {start as emoji} from './emoji.js';
import {start as ended} from './ended.js';
import {start as excerpt} from './excerpt.js';
import {start as follow} from './follow.js';
import {start as menu} from './menu.js';
import {start as naming} from './naming.js';
import {find} from './page.js';
import {start as person} from './person.js';
import {start as react} from './react.js';
import {start as removal} from './removal.js';
import {start as search} from './search.js';
import {start as share} from './share.js';
import {start as titling} from './titling.js';
import {show as list, start as tray} from './tray.js';
import {upload as send} from './upload.js';
import {start as typing} from './typing.js';
import {start as viewer} from './viewer.js';

export const show = list;
export const upload = send;

const parts = [
  answer, arrows, choices, complete, copyLine, edit, emoji, ended, excerpt, follow, menu, naming, person, react,
  removal, search, share, titling, tray, typing, viewer,
];

export function start(room) {
  for (const begin of parts) {
    try {
      begin(room);
    } catch (error) {
      reportError(error); // the other modules still start
    }
  }
  if (find('#text').value) find('#text').dispatchEvent(new Event('input')); // what was typed meanwhile
}
