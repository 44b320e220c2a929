-- A data folder's database as commit eb9b679 wrote it: see tests/test_old_data.py. Never edit it.
BEGIN TRANSACTION;
CREATE TABLE bans (
    room     INTEGER NOT NULL REFERENCES rooms (id),
    id       INTEGER NOT NULL,          -- seq of the ban
    name     TEXT    NOT NULL,
    skeleton TEXT,                      -- null where the name is everybody's
    address  TEXT,
    until    TEXT    NOT NULL,
    by       TEXT    NOT NULL,
    PRIMARY KEY (room, id)
) STRICT, WITHOUT ROWID;
INSERT INTO "bans" VALUES(4,15,'Mallory2','ma11ory2','theretheretheretheretherethere','2026-11-01T12:30:39.000Z','Grace');
CREATE TABLE bases (
    room  INTEGER PRIMARY KEY REFERENCES rooms (id),
    seq   INTEGER NOT NULL,             -- the last event that was pruned
    state TEXT    NOT NULL              -- JSON: the room's rows just after it, by table
) STRICT;
INSERT INTO "bases" VALUES(5,8,'{"rooms":[{"code":"TCJW","epoch":"a7sr","title":"pruned","head":8,"last_at":"2026-11-01T12:01:51.000Z","tail":9,"keep_days":null,"keep_events":null,"closed":null,"slow":0,"read_only":0,"lock":null,"passphrase":null,"locked_at":0,"loose_post_at":null}],"bans":[],"keys":[],"knocks":[],"links":[],"members":[{"id":"7360","name":"Grace","skeleton":"grace","token":"c19177db08fc46477ccf9182f3ca2ff65aa457c5d402f93ac4956cae2dab8edc","owner":1,"here":1,"since":2,"muted_until":null,"last_post_at":null,"address":"herehereherehereherehereherehere"},{"id":"94ab","name":"Ada","skeleton":"ada","token":"b6857a3cef64320854e371ecbff3b1ed40303e1b3cf2c206b2bb718634163834","owner":0,"here":1,"since":3,"muted_until":null,"last_post_at":null,"address":"theretheretheretheretherethere"}],"old_codes":[]}');
CREATE TABLE keys (
    room   INTEGER NOT NULL REFERENCES rooms (id),
    author TEXT    NOT NULL,            -- member id, or the skeleton of a name without a seat
    key    TEXT    NOT NULL,
    digest TEXT    NOT NULL,            -- SHA-256 of the text
    seq    INTEGER NOT NULL,
    at     TEXT    NOT NULL,
    PRIMARY KEY (room, author, key)
) STRICT, WITHOUT ROWID;
INSERT INTO "keys" VALUES(3,'7b6a','k1','3fd30542fe3f61b14bd4a4b2dc0b6fb30fa6f63ebce52dd1778aaa8c4dc02cff',5,'2026-11-01T12:00:18.000Z');
INSERT INTO "keys" VALUES(3,'7b6a','k2','77699f3a798c8d64c3e9cef422687d70fda9ce3c2bc168c6bcc0c7b72b769898',7,'2026-11-01T12:00:20.000Z');
INSERT INTO "keys" VALUES(3,'7b6a','k3','',10,'2026-11-01T12:00:23.000Z');
INSERT INTO "keys" VALUES(3,'a8c7','k1','3fd30542fe3f61b14bd4a4b2dc0b6fb30fa6f63ebce52dd1778aaa8c4dc02cff',6,'2026-11-01T12:00:19.000Z');
INSERT INTO "keys" VALUES(3,'ada:sendthekey','k1','ccdd35168ab474fa5764a526cfb83621351e23682c5075b2e18d56bddf96aa30',8,'2026-11-01T12:00:21.000Z');
INSERT INTO "keys" VALUES(4,'c236','k1','f0ba0e16df9cb3fede9fb05e3a40318b05253f527d12e5a99095e47cd3d69f63',16,'2026-11-01T13:00:41.000Z');
INSERT INTO "keys" VALUES(4,'ma11ory2','k1','ec4a68efdb9e2002cafef689f832fbc41e389ad2cbfe392e098b9e2c200bfa85',18,'2026-11-01T13:00:41.000Z');
INSERT INTO "keys" VALUES(5,'94ab','k5','ef2d127de37b942baad06145e54b0c619a1f22327b2ebbcfbec78f5564afe39d',9,'2026-11-01T12:01:52.000Z');
INSERT INTO "keys" VALUES(5,'94ab','k6','e7f6c011776e8db7cd330b54174fd76f7d0216b612387a5ffcfb81e6f0919683',10,'2026-11-01T12:01:53.000Z');
INSERT INTO "keys" VALUES(5,'94ab','k7','7902699be42c8a8e46fbbb4501726517e86b22c56a189f7625a6da49081b2451',11,'2026-11-01T12:01:54.000Z');
CREATE TABLE knocks (
    room     INTEGER NOT NULL REFERENCES rooms (id),
    id       INTEGER NOT NULL,          -- seq of the knock
    name     TEXT    NOT NULL,
    skeleton TEXT    NOT NULL,
    token    TEXT    NOT NULL,          -- SHA-256 of what becomes the seat's token
    address  TEXT,
    at       TEXT    NOT NULL,
    state    TEXT    NOT NULL,          -- 'waiting', 'admitted' or 'denied'
    PRIMARY KEY (room, id)
) STRICT, WITHOUT ROWID;
INSERT INTO "knocks" VALUES(2,6,'Mallory','ma11ory','1deb0656ebb7eebe84f9cec21d7df91bb1491669b4c97f8e71c8898c35e039d7','theretheretheretheretherethere','2026-11-01T12:00:12.000Z','waiting');
CREATE TABLE links (
    room  INTEGER NOT NULL REFERENCES rooms (id),
    id    INTEGER NOT NULL,             -- seq of the link
    kind  TEXT    NOT NULL,             -- 'read', 'post' or 'join'
    token TEXT    NOT NULL,             -- SHA-256 of the link's token
    by    TEXT    NOT NULL,
    at    TEXT    NOT NULL,
    PRIMARY KEY (room, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE log (
    room  INTEGER NOT NULL REFERENCES rooms (id),
    seq   INTEGER NOT NULL,             -- 1, 2, 3 ... with no hole
    kind  TEXT    NOT NULL,
    at    TEXT    NOT NULL,
    event TEXT    NOT NULL,             -- JSON, see Event.stored
    PRIMARY KEY (room, seq)
) STRICT, WITHOUT ROWID;
INSERT INTO "log" VALUES(1,1,'room','2026-11-01T12:00:01.000Z','{"name":"Grace","title":"the last owner left","detail":{"opens":true,"epoch":"r92s"}}');
INSERT INTO "log" VALUES(1,2,'join','2026-11-01T12:00:02.000Z','{"name":"Grace","member":"3054","detail":{"token":"0df72101dbfdbae5d07e269fd023477d2bd59aec1809eac2496305e14eb765e2","skeleton":"grace","owner":true,"address":"herehereherehereherehereherehere"}}');
INSERT INTO "log" VALUES(1,3,'join','2026-11-01T12:00:03.000Z','{"name":"Ada","member":"910b","detail":{"token":"b08739bb74e3835d0659dcd8b77a7d3819210577a044237c657b6dfd2651214e","skeleton":"ada","owner":false,"address":"theretheretheretheretherethere"}}');
INSERT INTO "log" VALUES(1,4,'message','2026-11-01T12:00:04.000Z','{"name":"Grace","member":"3054","text":"bye","html":"<p>bye</p>"}');
INSERT INTO "log" VALUES(1,5,'leave','2026-11-01T12:00:05.000Z','{"name":"Grace","member":"3054","detail":{"gives_up_seat":true}}');
INSERT INTO "log" VALUES(1,6,'message','2026-11-01T12:00:06.000Z','{"name":"Ada","member":"910b","text":"hello?","html":"<p>hello?</p>"}');
INSERT INTO "log" VALUES(2,1,'room','2026-11-01T12:00:07.000Z','{"name":"Grace","title":"an owner under another name","detail":{"opens":true,"epoch":"5m2t"}}');
INSERT INTO "log" VALUES(2,2,'join','2026-11-01T12:00:08.000Z','{"name":"Grace","member":"4958","detail":{"token":"591d11d6c2b7dffff91b9ed5ab833f29a3172c4f7330724b84a71ed8e1da9f94","skeleton":"grace","owner":true,"address":"herehereherehereherehereherehere"}}');
INSERT INTO "log" VALUES(2,3,'room','2026-11-01T12:00:09.000Z','{"name":"Grace","member":"4958","changes":{"lock":"approval"}}');
INSERT INTO "log" VALUES(2,4,'join','2026-11-01T12:00:10.000Z','{"name":"Grace2","member":"174d","detail":{"token":"a0be71f61b1727ba93d32c9db8f6b618635effde71aee3443dc6792f24994eaa","skeleton":"grace2","owner":false,"opened":3,"address":"herehereherehereherehereherehere"}}');
INSERT INTO "log" VALUES(2,5,'leave','2026-11-01T12:00:11.000Z','{"name":"Grace","member":"4958","detail":{"gives_up_seat":true}}');
INSERT INTO "log" VALUES(2,6,'knock','2026-11-01T12:00:12.000Z','{"name":"Mallory","detail":{"token":"1deb0656ebb7eebe84f9cec21d7df91bb1491669b4c97f8e71c8898c35e039d7","skeleton":"ma11ory","address":"theretheretheretheretherethere"}}');
INSERT INTO "log" VALUES(2,7,'message','2026-11-01T12:00:13.000Z','{"name":"Grace2","member":"174d","text":"and now?","html":"<p>and now?</p>"}');
INSERT INTO "log" VALUES(3,1,'room','2026-11-01T12:00:14.000Z','{"name":"Grace","title":"names and keys","detail":{"opens":true,"epoch":"ycx2"}}');
INSERT INTO "log" VALUES(3,2,'join','2026-11-01T12:00:15.000Z','{"name":"Grace","member":"20a3","detail":{"token":"333beeebb2739cfceaf615a7260b9616766a574867c400628b42e94c69885bb4","skeleton":"grace","owner":true,"address":"herehereherehereherehereherehere"}}');
INSERT INTO "log" VALUES(3,3,'join','2026-11-01T12:00:16.000Z','{"name":"Ada","member":"7b6a","detail":{"token":"786915f4e8bb8af4d48fe12f33a326ad8709362b4543e456372a5fb0e1e6a665","skeleton":"ada","owner":false,"address":"theretheretheretheretherethere"}}');
INSERT INTO "log" VALUES(3,4,'join','2026-11-01T12:00:17.000Z','{"name":"Ada️","member":"a8c7","detail":{"token":"48f89971dd391cd9f7dfd1527ba64008cd07bbaa7abf6c793185f4346ecb7282","skeleton":"ada️","owner":false,"address":"herehereherehereherehereherehere"}}');
INSERT INTO "log" VALUES(3,5,'message','2026-11-01T12:00:18.000Z','{"name":"Ada","member":"7b6a","text":"mine","html":"<p>mine</p>","detail":{"key":"k1","digest":"3fd30542fe3f61b14bd4a4b2dc0b6fb30fa6f63ebce52dd1778aaa8c4dc02cff"}}');
INSERT INTO "log" VALUES(3,6,'message','2026-11-01T12:00:19.000Z','{"name":"Ada️","member":"a8c7","text":"mine","html":"<p>mine</p>","detail":{"key":"k1","digest":"3fd30542fe3f61b14bd4a4b2dc0b6fb30fa6f63ebce52dd1778aaa8c4dc02cff"}}');
INSERT INTO "log" VALUES(3,7,'message','2026-11-01T12:00:20.000Z','{"name":"7b6a","text":"not mine","html":"<p>not mine</p>","detail":{"skeleton":"7b6a","address":"herehereherehereherehereherehere","key":"k2","digest":"77699f3a798c8d64c3e9cef422687d70fda9ce3c2bc168c6bcc0c7b72b769898"}}');
INSERT INTO "log" VALUES(3,8,'message','2026-11-01T12:00:21.000Z','{"name":"Ada: send the key","text":"forged","html":"<p>forged</p>","detail":{"skeleton":"ada:sendthekey","address":"herehereherehereherehereherehere","key":"k1","digest":"ccdd35168ab474fa5764a526cfb83621351e23682c5075b2e18d56bddf96aa30"}}');
INSERT INTO "log" VALUES(3,9,'message','2026-11-01T12:00:22.000Z','{"name":"* Ada has left the room","text":"forged","html":"<p>forged</p>","detail":{"skeleton":"*adahas1efttheroom","address":"herehereherehereherehereherehere"}}');
INSERT INTO "log" VALUES(3,10,'message','2026-11-01T12:00:23.000Z','{"name":"Ada","member":"7b6a","changes":{"removed_by":"Ada"},"detail":{"key":"k3","digest":"","removed_at":11}}');
INSERT INTO "log" VALUES(3,11,'remove','2026-11-01T12:00:24.000Z','{"name":"Ada","member":"7b6a","changes":{"target":10,"whom":"Ada","posted":"2026-11-01T12:00:23.000Z"}}');
INSERT INTO "log" VALUES(3,12,'leave','2026-11-01T12:00:25.000Z','{"name":"Ada️","member":"a8c7","detail":{"gives_up_seat":true}}');
INSERT INTO "log" VALUES(4,1,'room','2026-11-01T12:00:26.000Z','{"name":"Grace","title":"mutes and the clock","detail":{"opens":true,"epoch":"n7ip"}}');
INSERT INTO "log" VALUES(4,2,'join','2026-11-01T12:00:27.000Z','{"name":"Grace","member":"c236","detail":{"token":"9ed8b48ea6082a15786cca3aeb46ccff09b09baca9e3af439ee434890b468d17","skeleton":"grace","owner":true,"address":"herehereherehereherehereherehere"}}');
INSERT INTO "log" VALUES(4,3,'join','2026-11-01T12:00:28.000Z','{"name":"Ada","member":"f674","detail":{"token":"aee7aac0649ec8a9a6658b6d9350d11a34949702e312aa0d20600f5eb6953461","skeleton":"ada","owner":false,"address":"theretheretheretheretherethere"}}');
INSERT INTO "log" VALUES(4,4,'join','2026-11-01T12:00:29.000Z','{"name":"Mallory","member":"9309","detail":{"token":"9986ee391e1164727079751b8707833c3c337a209e22621ad5916fc49a5a9d99","skeleton":"ma11ory","owner":false,"address":"theretheretheretheretherethere"}}');
INSERT INTO "log" VALUES(4,5,'mute','2026-11-01T12:00:30.000Z','{"name":"Grace","member":"c236","changes":{"target":"9309","whom":"Mallory","until":"2026-11-01T12:30:29.000Z"}}');
INSERT INTO "log" VALUES(4,6,'join','2026-11-01T12:00:31.000Z','{"name":"Mallory2","member":"8943","detail":{"token":"503cd049b8e4ca80e0c69e726406047a21c507aab4cbbb42520309175d2c0335","skeleton":"ma11ory2","owner":false,"address":"theretheretheretheretherethere"}}');
INSERT INTO "log" VALUES(4,7,'leave','2026-11-01T12:00:32.000Z','{"name":"Mallory","member":"9309","detail":{"gives_up_seat":true}}');
INSERT INTO "log" VALUES(4,8,'message','2026-11-01T12:00:33.000Z','{"name":"Mallory2","member":"8943","text":"muted, with a second seat","html":"<p>muted, with a second seat</p>"}');
INSERT INTO "log" VALUES(4,9,'room','2026-11-01T12:00:34.000Z','{"name":"Grace","member":"c236","changes":{"slow":600}}');
INSERT INTO "log" VALUES(4,10,'message','2026-11-01T12:00:35.000Z','{"name":"Mallory2","member":"8943","text":"one","html":"<p>one</p>"}');
INSERT INTO "log" VALUES(4,11,'join','2026-11-01T12:00:36.000Z','{"name":"Mallory3","member":"d003","detail":{"token":"f458993e2fda19b7d2ed4b69ed4289f879f364209fc30168a3d4f6b7ce4296ce","skeleton":"ma11ory3","owner":false,"address":"herehereherehereherehereherehere"}}');
INSERT INTO "log" VALUES(4,12,'leave','2026-11-01T12:00:37.000Z','{"name":"Mallory2","member":"8943","detail":{"gives_up_seat":true}}');
INSERT INTO "log" VALUES(4,13,'message','2026-11-01T12:00:38.000Z','{"name":"Mallory3","member":"d003","text":"two, no ten minutes later","html":"<p>two, no ten minutes later</p>"}');
INSERT INTO "log" VALUES(4,14,'mute','2026-11-01T12:00:39.000Z','{"name":"Grace","member":"c236","changes":{"target":"d003","whom":"Mallory3","until":"2026-11-01T12:30:38.000Z"}}');
INSERT INTO "log" VALUES(4,15,'ban','2026-11-01T12:00:40.000Z','{"name":"Grace","member":"c236","changes":{"target":"8943","whom":"Mallory2","until":"2026-11-01T12:30:39.000Z"},"detail":{"skeleton":"ma11ory2","address":"theretheretheretheretherethere"}}');
INSERT INTO "log" VALUES(4,16,'message','2026-11-01T13:00:41.000Z','{"name":"Grace","member":"c236","text":"from an hour ahead","html":"<p>from an hour ahead</p>","detail":{"key":"k1","digest":"f0ba0e16df9cb3fede9fb05e3a40318b05253f527d12e5a99095e47cd3d69f63"}}');
INSERT INTO "log" VALUES(4,17,'message','2026-11-01T13:00:41.000Z','{"name":"Mallory3","member":"d003","text":"muted, after the step","html":"<p>muted, after the step</p>"}');
INSERT INTO "log" VALUES(4,18,'message','2026-11-01T13:00:41.000Z','{"name":"Mallory2","text":"banned, after the step","html":"<p>banned, after the step</p>","detail":{"skeleton":"ma11ory2","address":"theretheretheretheretherethere","key":"k1","digest":"ec4a68efdb9e2002cafef689f832fbc41e389ad2cbfe392e098b9e2c200bfa85"}}');
INSERT INTO "log" VALUES(5,9,'message','2026-11-01T12:01:52.000Z','{"name":"Ada","member":"94ab","text":"5","html":"<p>5</p>","detail":{"key":"k5","digest":"ef2d127de37b942baad06145e54b0c619a1f22327b2ebbcfbec78f5564afe39d"}}');
INSERT INTO "log" VALUES(5,10,'message','2026-11-01T12:01:53.000Z','{"name":"Ada","member":"94ab","text":"6","html":"<p>6</p>","detail":{"key":"k6","digest":"e7f6c011776e8db7cd330b54174fd76f7d0216b612387a5ffcfb81e6f0919683"}}');
INSERT INTO "log" VALUES(5,11,'message','2026-11-01T12:01:54.000Z','{"name":"Ada","member":"94ab","text":"7","html":"<p>7</p>","detail":{"key":"k7","digest":"7902699be42c8a8e46fbbb4501726517e86b22c56a189f7625a6da49081b2451"}}');
INSERT INTO "log" VALUES(5,12,'leave','2026-11-01T12:01:55.000Z','{"name":"Grace","member":"7360","detail":{"gives_up_seat":true}}');
INSERT INTO "log" VALUES(5,13,'prune','2026-11-01T12:01:56.000Z','{"changes":{"before":9}}');
CREATE TABLE members (
    room     INTEGER NOT NULL REFERENCES rooms (id),
    id       TEXT    NOT NULL,
    name     TEXT    NOT NULL,
    skeleton TEXT    NOT NULL,          -- the name as people see it, for comparing
    token    TEXT,                      -- SHA-256 of the seat's token; null once the seat is given up
    owner    INTEGER NOT NULL,
    here     INTEGER NOT NULL,          -- between a join and a leave
    since    INTEGER NOT NULL, muted_until TEXT, last_post_at TEXT, address TEXT,          -- seq of the latest join
    PRIMARY KEY (room, id)
) STRICT, WITHOUT ROWID;
INSERT INTO "members" VALUES(1,'3054','Grace','grace',NULL,1,0,2,NULL,NULL,'herehereherehereherehereherehere');
INSERT INTO "members" VALUES(1,'910b','Ada','ada','b08739bb74e3835d0659dcd8b77a7d3819210577a044237c657b6dfd2651214e',0,1,3,NULL,NULL,'theretheretheretheretherethere');
INSERT INTO "members" VALUES(2,'174d','Grace2','grace2','a0be71f61b1727ba93d32c9db8f6b618635effde71aee3443dc6792f24994eaa',0,1,4,NULL,NULL,'herehereherehereherehereherehere');
INSERT INTO "members" VALUES(2,'4958','Grace','grace',NULL,1,0,2,NULL,NULL,'herehereherehereherehereherehere');
INSERT INTO "members" VALUES(3,'20a3','Grace','grace','333beeebb2739cfceaf615a7260b9616766a574867c400628b42e94c69885bb4',1,1,2,NULL,NULL,'herehereherehereherehereherehere');
INSERT INTO "members" VALUES(3,'7b6a','Ada','ada','786915f4e8bb8af4d48fe12f33a326ad8709362b4543e456372a5fb0e1e6a665',0,1,3,NULL,NULL,'theretheretheretheretherethere');
INSERT INTO "members" VALUES(3,'a8c7','Ada️','ada️',NULL,0,0,4,NULL,NULL,'herehereherehereherehereherehere');
INSERT INTO "members" VALUES(4,'8943','Mallory2','ma11ory2',NULL,0,0,6,NULL,'2026-11-01T12:00:35.000Z','theretheretheretheretherethere');
INSERT INTO "members" VALUES(4,'9309','Mallory','ma11ory',NULL,0,0,4,'2026-11-01T12:30:29.000Z',NULL,'theretheretheretheretherethere');
INSERT INTO "members" VALUES(4,'c236','Grace','grace','9ed8b48ea6082a15786cca3aeb46ccff09b09baca9e3af439ee434890b468d17',1,1,2,NULL,NULL,'herehereherehereherehereherehere');
INSERT INTO "members" VALUES(4,'d003','Mallory3','ma11ory3','f458993e2fda19b7d2ed4b69ed4289f879f364209fc30168a3d4f6b7ce4296ce',0,1,11,'2026-11-01T12:30:38.000Z','2026-11-01T13:00:41.000Z','herehereherehereherehereherehere');
INSERT INTO "members" VALUES(4,'f674','Ada','ada','aee7aac0649ec8a9a6658b6d9350d11a34949702e312aa0d20600f5eb6953461',0,1,3,NULL,NULL,'theretheretheretheretherethere');
INSERT INTO "members" VALUES(5,'7360','Grace','grace',NULL,1,0,2,NULL,NULL,'herehereherehereherehereherehere');
INSERT INTO "members" VALUES(5,'94ab','Ada','ada','b6857a3cef64320854e371ecbff3b1ed40303e1b3cf2c206b2bb718634163834',0,1,3,NULL,NULL,'theretheretheretheretherethere');
CREATE TABLE old_codes (
    code TEXT    NOT NULL,
    room INTEGER NOT NULL REFERENCES rooms (id),
    at   TEXT    NOT NULL,
    PRIMARY KEY (code, room)
) STRICT, WITHOUT ROWID;
CREATE TABLE rooms (
    id      INTEGER PRIMARY KEY,
    code    TEXT    NOT NULL UNIQUE,
    epoch   TEXT    NOT NULL,           -- tells two rooms apart that had the same code; first half of a cursor
    title   TEXT    NOT NULL,
    head    INTEGER NOT NULL,           -- seq of the newest event
    last_at TEXT    NOT NULL            -- its time: a room's times never run backwards
, tail INTEGER NOT NULL DEFAULT 1, keep_days INTEGER, keep_events INTEGER, closed TEXT, slow INTEGER NOT NULL DEFAULT 0, read_only INTEGER NOT NULL DEFAULT 0, lock TEXT, passphrase TEXT, locked_at INTEGER NOT NULL DEFAULT 0, loose_post_at TEXT) STRICT;
INSERT INTO "rooms" VALUES(1,'GUEP','r92s','the last owner left',6,'2026-11-01T12:00:06.000Z',1,NULL,NULL,NULL,0,0,NULL,NULL,0,NULL);
INSERT INTO "rooms" VALUES(2,'HZDU','5m2t','an owner under another name',7,'2026-11-01T12:00:13.000Z',1,NULL,NULL,NULL,0,0,'approval',NULL,3,NULL);
INSERT INTO "rooms" VALUES(3,'TANP','ycx2','names and keys',12,'2026-11-01T12:00:25.000Z',1,NULL,NULL,NULL,0,0,NULL,NULL,0,NULL);
INSERT INTO "rooms" VALUES(4,'OTOM','n7ip','mutes and the clock',18,'2026-11-01T13:00:41.000Z',1,NULL,NULL,NULL,600,0,NULL,NULL,0,'2026-11-01T13:00:41.000Z');
INSERT INTO "rooms" VALUES(5,'TCJW','a7sr','pruned',13,'2026-11-01T12:01:56.000Z',9,NULL,NULL,NULL,0,0,NULL,NULL,0,NULL);
CREATE UNIQUE INDEX members_by_name ON members (room, skeleton) WHERE token IS NOT NULL;
CREATE UNIQUE INDEX members_by_token ON members (room, token) WHERE token IS NOT NULL;
CREATE INDEX members_here ON members (room, since) WHERE here = 1;
CREATE INDEX keys_by_age ON keys (room, at);
CREATE INDEX members_muted ON members (room, address) WHERE muted_until IS NOT NULL;
CREATE UNIQUE INDEX links_by_token ON links (token);
COMMIT;
PRAGMA user_version = 3;
