// Whom a line is for: the reader, by a mention or a reply, or an owner, by a knock.
import {find} from './page.js';
const {me} = find('.talk')?.dataset ?? {};
const owns = find('.talk[data-owner]') !== null;

export const factsOf = ({dataset: {mentions = '', reply, kind}}) => ({mentions: mentions.split(' '), reply, kind});
export const isForMe = ({mentions = [], reply, kind}) =>
  kind === 'knock' || (me !== '' && (reply === me || mentions.includes(me))) || mentions.includes('here');
export const isMeant = line => isForMe(factsOf(line));

// Whether a line can be unread at all: messages of others, and knocks for owners.
export function isNews(line) {
  const {kind, author} = line.dataset;
  if (!line.isConnected || line.matches('.going, .hushed')) return false;
  return kind === 'message' ? !me || author !== me : kind === 'knock' && owns;
}
