BEGIN TRANSACTION;
CREATE TABLE bans (
    room     INTEGER NOT NULL REFERENCES rooms (id),
    id       INTEGER NOT NULL,          -- seq of the ban
    name     TEXT    NOT NULL,
    skeleton TEXT,                      -- null where the name is everybody's
    address  TEXT,
    until    TEXT    NOT NULL,
    by       TEXT    NOT NULL, folded TEXT,
    PRIMARY KEY (room, id)
) STRICT, WITHOUT ROWID;
INSERT INTO "bans" VALUES(4,15,'Mallory2','ma11ory2','theretheretheretheretherethere','2026-11-01T12:30:39.000Z','Grace',NULL);
CREATE TABLE bases (
    room  INTEGER PRIMARY KEY REFERENCES rooms (id),
    seq   INTEGER NOT NULL,             -- the last event that was pruned
    state TEXT    NOT NULL              -- JSON: the room's rows just after it, by table
) STRICT;
INSERT INTO "bases" VALUES(4,4,'{"rooms":[{"code":"OTOM","epoch":"n7ip","title":"mutes and the clock","head":4,"last_at":"2026-11-01T12:00:29.000Z","tail":5,"keep_days":null,"keep_events":null,"closed":null,"slow":0,"read_only":0,"lock":null,"passphrase":null,"locked_at":0,"loose_post_at":null}],"bans":[],"keys":[],"knocks":[],"links":[],"members":[{"id":"9309","name":"Mallory","skeleton":"ma11ory","token":"9986ee391e1164727079751b8707833c3c337a209e22621ad5916fc49a5a9d99","owner":0,"here":1,"since":4,"muted_until":null,"last_post_at":null,"address":"theretheretheretheretherethere","folded":null},{"id":"c236","name":"Grace","skeleton":"grace","token":"9ed8b48ea6082a15786cca3aeb46ccff09b09baca9e3af439ee434890b468d17","owner":1,"here":1,"since":2,"muted_until":null,"last_post_at":null,"address":"herehereherehereherehereherehere","folded":null},{"id":"f674","name":"Ada","skeleton":"ada","token":"aee7aac0649ec8a9a6658b6d9350d11a34949702e312aa0d20600f5eb6953461","owner":0,"here":1,"since":3,"muted_until":null,"last_post_at":null,"address":"theretheretheretheretherethere","folded":null}],"old_codes":[]}');
INSERT INTO "bases" VALUES(5,8,'{"rooms":[{"code":"TCJW","epoch":"a7sr","title":"pruned","head":8,"last_at":"2026-11-01T12:01:51.000Z","tail":9,"keep_days":null,"keep_events":null,"closed":null,"slow":0,"read_only":0,"lock":null,"passphrase":null,"locked_at":0,"loose_post_at":null}],"bans":[],"keys":[],"knocks":[],"links":[],"members":[{"id":"7360","name":"Grace","skeleton":"grace","token":"c19177db08fc46477ccf9182f3ca2ff65aa457c5d402f93ac4956cae2dab8edc","owner":1,"here":1,"since":2,"muted_until":null,"last_post_at":null,"address":"herehereherehereherehereherehere"},{"id":"94ab","name":"Ada","skeleton":"ada","token":"b6857a3cef64320854e371ecbff3b1ed40303e1b3cf2c206b2bb718634163834","owner":0,"here":1,"since":3,"muted_until":null,"last_post_at":null,"address":"theretheretheretheretherethere"}],"old_codes":[]}');
INSERT INTO "bases" VALUES(6,8,'{"rooms":[{"code":"LOVD","epoch":"sfc0","title":"of 0.1.0","head":8,"last_at":"2026-11-27T01:33:30.551Z","tail":9,"keep_days":null,"keep_events":null,"closed":null,"slow":0,"read_only":0,"lock":null,"passphrase":null,"locked_at":0,"loose_post_at":null}],"bans":[],"keys":[],"knocks":[],"links":[],"members":[{"id":"0567","name":"Ada L","skeleton":"ada1","token":"4dc8365fcce6d45a889dbff6b277b8dd3303d8222186a10fa457c490e8c1ca2b","owner":0,"here":1,"since":5,"muted_until":null,"last_post_at":null,"address":"of ada","folded":null},{"id":"375d","name":"Mallory","skeleton":"ma11ory","token":"93ffd7dcd2870fe452956307f08029cd03c718ceedd74a91686ca0f4d85de88f","owner":0,"here":1,"since":6,"muted_until":null,"last_post_at":null,"address":"of mallory","folded":null},{"id":"3a18","name":"Grace","skeleton":"grace","token":"9ccb6a19a7c6cb4619385fb7d3fc6574bf737e212d6b6149677e409f3a2fb391","owner":1,"here":1,"since":2,"muted_until":null,"last_post_at":null,"address":null,"folded":null}],"old_codes":[]}');
CREATE TABLE keys (
    room   INTEGER NOT NULL REFERENCES rooms (id),
    author TEXT    NOT NULL,            -- member id, or the skeleton of a name without a seat
    key    TEXT    NOT NULL,
    digest TEXT    NOT NULL,            -- SHA-256 of the text
    seq    INTEGER NOT NULL,
    at     TEXT    NOT NULL,
    PRIMARY KEY (room, author, key)
) STRICT, WITHOUT ROWID;
INSERT INTO "keys" VALUES(3,'m:7b6a','k1','3fd30542fe3f61b14bd4a4b2dc0b6fb30fa6f63ebce52dd1778aaa8c4dc02cff',5,'2026-11-01T12:00:18.000Z');
INSERT INTO "keys" VALUES(3,'m:7b6a','k3','',10,'2026-11-01T12:00:23.000Z');
INSERT INTO "keys" VALUES(3,'m:a8c7','k1','3fd30542fe3f61b14bd4a4b2dc0b6fb30fa6f63ebce52dd1778aaa8c4dc02cff',6,'2026-11-01T12:00:19.000Z');
INSERT INTO "keys" VALUES(3,'n:7b6a','k2','77699f3a798c8d64c3e9cef422687d70fda9ce3c2bc168c6bcc0c7b72b769898',7,'2026-11-01T12:00:20.000Z');
INSERT INTO "keys" VALUES(3,'n:ada:sendthekey','k1','ccdd35168ab474fa5764a526cfb83621351e23682c5075b2e18d56bddf96aa30',8,'2026-11-01T12:00:21.000Z');
INSERT INTO "keys" VALUES(4,'m:c236','k1','f0ba0e16df9cb3fede9fb05e3a40318b05253f527d12e5a99095e47cd3d69f63',16,'2026-11-01T13:00:41.000Z');
INSERT INTO "keys" VALUES(4,'n:ma11ory2','k1','ec4a68efdb9e2002cafef689f832fbc41e389ad2cbfe392e098b9e2c200bfa85',18,'2026-11-01T13:00:41.000Z');
INSERT INTO "keys" VALUES(5,'m:94ab','k5','ef2d127de37b942baad06145e54b0c619a1f22327b2ebbcfbec78f5564afe39d',9,'2026-11-01T12:01:52.000Z');
INSERT INTO "keys" VALUES(5,'m:94ab','k6','e7f6c011776e8db7cd330b54174fd76f7d0216b612387a5ffcfb81e6f0919683',10,'2026-11-01T12:01:53.000Z');
INSERT INTO "keys" VALUES(5,'m:94ab','k7','7902699be42c8a8e46fbbb4501726517e86b22c56a189f7625a6da49081b2451',11,'2026-11-01T12:01:54.000Z');
INSERT INTO "keys" VALUES(6,'m:0567','k10','9abf6d9efaed5b998f149bb25815f5af254936c28bcf57e1fd7f8499dba4fa61',17,'2026-11-27T01:33:30.561Z');
INSERT INTO "keys" VALUES(6,'m:0567','k11','',18,'2026-11-27T01:33:30.562Z');
INSERT INTO "keys" VALUES(6,'m:0567','k2','689a50a012861538a6383c2c15494de4b65d6e52b8510a1d3037fd7bf40e3b06',9,'2026-11-27T01:33:30.552Z');
INSERT INTO "keys" VALUES(6,'m:0567','k3','02fe9cedab98336a5c7f14d9e866aafa1ac96777ba91ee8b0f7acce6f2753648',10,'2026-11-27T01:33:30.553Z');
INSERT INTO "keys" VALUES(6,'m:0567','k4','e5bb21ae68051768d230fce65693611f7dbf3890c5bf33b4ed4660921660cc56',11,'2026-11-27T01:33:30.554Z');
INSERT INTO "keys" VALUES(6,'m:0567','k5','16497ecf48bcbfaf2aac6f6dfa02f55bf3d32a7f912e3912cbc41b5cccdcba23',12,'2026-11-27T01:33:30.556Z');
INSERT INTO "keys" VALUES(6,'m:0567','k6','7da529489bd85d567743d7a42be1416486fb2adf395cd2f4cf21c3e585b6d26e',13,'2026-11-27T01:33:30.557Z');
INSERT INTO "keys" VALUES(6,'m:0567','k7','f1e3b3814ec0b31fa52c617688e1402ccdd67da26a488a58a119d9d89a680675',14,'2026-11-27T01:33:30.558Z');
INSERT INTO "keys" VALUES(6,'m:0567','k8','b6198f190e057bab12d02469b6f3736e772c0e8c1bf01be33d7a44a7ff0d2f76',15,'2026-11-27T01:33:30.559Z');
INSERT INTO "keys" VALUES(6,'m:0567','k9','e53558b553f355b7f09eae40d7563cec26befdbc720b907d1b46c607f1648220',16,'2026-11-27T01:33:30.560Z');
INSERT INTO "keys" VALUES(6,'n:eve','k0','b5e0eee6e28efca6d6ad05d7b8a94631576037ec9e5ff6d305fe89faa0e1032e',19,'2026-11-27T01:33:30.564Z');
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
    at    TEXT    NOT NULL, until TEXT,
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
INSERT INTO "log" VALUES(4,19,'prune','2026-11-27T01:33:30.569Z','{"changes":{"before":5}}');
INSERT INTO "log" VALUES(5,9,'message','2026-11-01T12:01:52.000Z','{"name":"Ada","member":"94ab","text":"5","html":"<p>5</p>","detail":{"key":"k5","digest":"ef2d127de37b942baad06145e54b0c619a1f22327b2ebbcfbec78f5564afe39d"}}');
INSERT INTO "log" VALUES(5,10,'message','2026-11-01T12:01:53.000Z','{"name":"Ada","member":"94ab","text":"6","html":"<p>6</p>","detail":{"key":"k6","digest":"e7f6c011776e8db7cd330b54174fd76f7d0216b612387a5ffcfb81e6f0919683"}}');
INSERT INTO "log" VALUES(5,11,'message','2026-11-01T12:01:54.000Z','{"name":"Ada","member":"94ab","text":"7","html":"<p>7</p>","detail":{"key":"k7","digest":"7902699be42c8a8e46fbbb4501726517e86b22c56a189f7625a6da49081b2451"}}');
INSERT INTO "log" VALUES(5,12,'leave','2026-11-01T12:01:55.000Z','{"name":"Grace","member":"7360","detail":{"gives_up_seat":true}}');
INSERT INTO "log" VALUES(5,13,'prune','2026-11-01T12:01:56.000Z','{"changes":{"before":9}}');
INSERT INTO "log" VALUES(6,9,'message','2026-11-27T01:33:30.552Z','{"name":"Ada L","member":"0567","text":"tea 2","html":"<p>tea 2</p>","detail":{"key":"k2","digest":"689a50a012861538a6383c2c15494de4b65d6e52b8510a1d3037fd7bf40e3b06","forgets":"2026-11-25T01:33:30.552Z"}}');
INSERT INTO "log" VALUES(6,10,'message','2026-11-27T01:33:30.553Z','{"name":"Ada L","member":"0567","text":"tea 3","html":"<p>tea 3</p>","detail":{"key":"k3","digest":"02fe9cedab98336a5c7f14d9e866aafa1ac96777ba91ee8b0f7acce6f2753648","forgets":"2026-11-25T01:33:30.553Z"}}');
INSERT INTO "log" VALUES(6,11,'message','2026-11-27T01:33:30.554Z','{"name":"Ada L","member":"0567","text":"tea 4","html":"<p>tea 4</p>","detail":{"key":"k4","digest":"e5bb21ae68051768d230fce65693611f7dbf3890c5bf33b4ed4660921660cc56","forgets":"2026-11-25T01:33:30.554Z"}}');
INSERT INTO "log" VALUES(6,12,'message','2026-11-27T01:33:30.556Z','{"name":"Ada L","member":"0567","text":"tea 5","html":"<p>tea 5</p>","detail":{"key":"k5","digest":"16497ecf48bcbfaf2aac6f6dfa02f55bf3d32a7f912e3912cbc41b5cccdcba23","forgets":"2026-11-25T01:33:30.556Z"}}');
INSERT INTO "log" VALUES(6,13,'message','2026-11-27T01:33:30.557Z','{"name":"Ada L","member":"0567","text":"tea 6","html":"<p>tea 6</p>","detail":{"key":"k6","digest":"7da529489bd85d567743d7a42be1416486fb2adf395cd2f4cf21c3e585b6d26e","forgets":"2026-11-25T01:33:30.557Z"}}');
INSERT INTO "log" VALUES(6,14,'message','2026-11-27T01:33:30.558Z','{"name":"Ada L","member":"0567","text":"tea 7","html":"<p>tea 7</p>","detail":{"key":"k7","digest":"f1e3b3814ec0b31fa52c617688e1402ccdd67da26a488a58a119d9d89a680675","forgets":"2026-11-25T01:33:30.558Z"}}');
INSERT INTO "log" VALUES(6,15,'message','2026-11-27T01:33:30.559Z','{"name":"Ada L","member":"0567","text":"tea 8","html":"<p>tea 8</p>","detail":{"key":"k8","digest":"b6198f190e057bab12d02469b6f3736e772c0e8c1bf01be33d7a44a7ff0d2f76","forgets":"2026-11-25T01:33:30.559Z"}}');
INSERT INTO "log" VALUES(6,16,'message','2026-11-27T01:33:30.560Z','{"name":"Ada L","member":"0567","text":"tea 9","html":"<p>tea 9</p>","detail":{"key":"k9","digest":"e53558b553f355b7f09eae40d7563cec26befdbc720b907d1b46c607f1648220","forgets":"2026-11-25T01:33:30.560Z"}}');
INSERT INTO "log" VALUES(6,17,'message','2026-11-27T01:33:30.561Z','{"name":"Ada L","member":"0567","text":"tea 10","html":"<p>tea 10</p>","detail":{"key":"k10","digest":"9abf6d9efaed5b998f149bb25815f5af254936c28bcf57e1fd7f8499dba4fa61","forgets":"2026-11-25T01:33:30.561Z"}}');
INSERT INTO "log" VALUES(6,18,'message','2026-11-27T01:33:30.562Z','{"name":"Ada L","member":"0567","changes":{"removed_by":"Grace"},"detail":{"key":"k11","digest":"","forgets":"2026-11-25T01:33:30.562Z","removed_at":21}}');
INSERT INTO "log" VALUES(6,19,'message','2026-11-27T01:33:30.564Z','{"name":"Eve","text":"loose","html":"<p>loose</p>","detail":{"skeleton":"eve","address":"of eve","key":"k0","digest":"b5e0eee6e28efca6d6ad05d7b8a94631576037ec9e5ff6d305fe89faa0e1032e","forgets":"2026-11-25T01:33:30.564Z"}}');
INSERT INTO "log" VALUES(6,20,'mute','2026-11-27T01:33:30.565Z','{"name":"Grace","member":"3a18","changes":{"target":"375d","whom":"Mallory","until":"2026-11-27T02:33:30.565Z"}}');
INSERT INTO "log" VALUES(6,21,'remove','2026-11-27T01:33:30.567Z','{"name":"Grace","member":"3a18","changes":{"target":18,"whom":"Ada L","posted":"2026-11-27T01:33:30.562Z"}}');
INSERT INTO "log" VALUES(6,22,'leave','2026-11-27T01:33:30.568Z','{"name":"Mallory","member":"375d"}');
INSERT INTO "log" VALUES(6,23,'prune','2026-11-27T01:33:30.569Z','{"changes":{"before":9}}');
INSERT INTO "log" VALUES(7,1,'room','2026-11-27T01:33:30.586Z','{"name":"Grace","title":"","detail":{"epoch":"0nsd"}}');
INSERT INTO "log" VALUES(7,2,'join','2026-11-27T01:33:30.587Z','{"name":"Grace","member":"2c82","detail":{"token":"5e1b4c71aaa5ac9eac441773478bddf55d95bb41c0444f31adaa7f32785e37ec","owner":true,"skeleton":"grace"}}');
INSERT INTO "log" VALUES(7,3,'message','2026-11-27T01:33:30.589Z','{"name":"Grace","member":"2c82","text":"gone","html":"<p>gone</p>"}');
INSERT INTO "log" VALUES(7,4,'room','2026-11-27T01:33:30.590Z','{"name":"Grace","member":"2c82","changes":{"closed":true}}');
CREATE TABLE members (
    room     INTEGER NOT NULL REFERENCES rooms (id),
    id       TEXT    NOT NULL,
    name     TEXT    NOT NULL,
    skeleton TEXT    NOT NULL,          -- the name as people see it, for comparing
    token    TEXT,                      -- SHA-256 of the seat's token; null once the seat is given up
    owner    INTEGER NOT NULL,
    here     INTEGER NOT NULL,          -- between a join and a leave
    since    INTEGER NOT NULL, muted_until TEXT, last_post_at TEXT, address TEXT, folded TEXT,          -- seq of the latest join
    PRIMARY KEY (room, id)
) STRICT, WITHOUT ROWID;
INSERT INTO "members" VALUES(1,'3054','Grace','grace',NULL,1,0,2,NULL,NULL,'herehereherehereherehereherehere',NULL);
INSERT INTO "members" VALUES(1,'910b','Ada','ada','b08739bb74e3835d0659dcd8b77a7d3819210577a044237c657b6dfd2651214e',0,1,3,NULL,NULL,'theretheretheretheretherethere',NULL);
INSERT INTO "members" VALUES(2,'174d','Grace2','grace2','a0be71f61b1727ba93d32c9db8f6b618635effde71aee3443dc6792f24994eaa',0,1,4,NULL,NULL,'herehereherehereherehereherehere',NULL);
INSERT INTO "members" VALUES(2,'4958','Grace','grace',NULL,1,0,2,NULL,NULL,'herehereherehereherehereherehere',NULL);
INSERT INTO "members" VALUES(3,'20a3','Grace','grace','333beeebb2739cfceaf615a7260b9616766a574867c400628b42e94c69885bb4',1,1,2,NULL,NULL,'herehereherehereherehereherehere',NULL);
INSERT INTO "members" VALUES(3,'7b6a','Ada','ada','786915f4e8bb8af4d48fe12f33a326ad8709362b4543e456372a5fb0e1e6a665',0,1,3,NULL,NULL,'theretheretheretheretherethere',NULL);
INSERT INTO "members" VALUES(3,'a8c7','Ada️','ada️',NULL,0,0,4,NULL,NULL,'herehereherehereherehereherehere',NULL);
INSERT INTO "members" VALUES(4,'8943','Mallory2','ma11ory2',NULL,0,0,6,NULL,'2026-11-01T12:00:35.000Z','theretheretheretheretherethere',NULL);
INSERT INTO "members" VALUES(4,'9309','Mallory','ma11ory',NULL,0,0,4,'2026-11-01T12:30:29.000Z',NULL,'theretheretheretheretherethere',NULL);
INSERT INTO "members" VALUES(4,'c236','Grace','grace','9ed8b48ea6082a15786cca3aeb46ccff09b09baca9e3af439ee434890b468d17',1,1,2,NULL,NULL,'herehereherehereherehereherehere',NULL);
INSERT INTO "members" VALUES(4,'d003','Mallory3','ma11ory3','f458993e2fda19b7d2ed4b69ed4289f879f364209fc30168a3d4f6b7ce4296ce',0,1,11,'2026-11-01T12:30:38.000Z','2026-11-01T13:00:41.000Z','herehereherehereherehereherehere',NULL);
INSERT INTO "members" VALUES(4,'f674','Ada','ada','aee7aac0649ec8a9a6658b6d9350d11a34949702e312aa0d20600f5eb6953461',0,1,3,NULL,NULL,'theretheretheretheretherethere',NULL);
INSERT INTO "members" VALUES(5,'7360','Grace','grace',NULL,1,0,2,NULL,NULL,'herehereherehereherehereherehere',NULL);
INSERT INTO "members" VALUES(5,'94ab','Ada','ada','b6857a3cef64320854e371ecbff3b1ed40303e1b3cf2c206b2bb718634163834',0,1,3,NULL,NULL,'theretheretheretheretherethere',NULL);
INSERT INTO "members" VALUES(6,'0567','Ada L','ada1','4dc8365fcce6d45a889dbff6b277b8dd3303d8222186a10fa457c490e8c1ca2b',0,1,5,NULL,NULL,'of ada',NULL);
INSERT INTO "members" VALUES(6,'375d','Mallory','ma11ory','93ffd7dcd2870fe452956307f08029cd03c718ceedd74a91686ca0f4d85de88f',0,0,6,'2026-11-27T02:33:30.565Z',NULL,'of mallory',NULL);
INSERT INTO "members" VALUES(6,'3a18','Grace','grace','9ccb6a19a7c6cb4619385fb7d3fc6574bf737e212d6b6149677e409f3a2fb391',1,1,2,NULL,NULL,NULL,NULL);
INSERT INTO "members" VALUES(7,'2c82','Grace','grace',NULL,1,0,2,NULL,NULL,NULL,NULL);
CREATE TABLE node (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "node" VALUES('swept','2026-11-27T01:33:30.569Z');
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
INSERT INTO "rooms" VALUES(4,'OTOM','n7ip','mutes and the clock',19,'2026-11-27T01:33:30.569Z',5,NULL,NULL,NULL,600,0,NULL,NULL,0,'2026-11-01T13:00:41.000Z');
INSERT INTO "rooms" VALUES(5,'TCJW','a7sr','pruned',13,'2026-11-01T12:01:56.000Z',9,NULL,NULL,NULL,0,0,NULL,NULL,0,NULL);
INSERT INTO "rooms" VALUES(6,'LOVD','sfc0','of 0.1.0',23,'2026-11-27T01:33:30.569Z',9,NULL,NULL,NULL,0,0,NULL,NULL,0,NULL);
INSERT INTO "rooms" VALUES(7,'QBKM','0nsd','',4,'2026-11-27T01:33:30.590Z',1,NULL,NULL,'2026-11-27T01:33:30.590Z',0,0,NULL,NULL,0,NULL);
CREATE UNIQUE INDEX members_by_name ON members (room, skeleton) WHERE token IS NOT NULL;
CREATE UNIQUE INDEX members_by_token ON members (room, token) WHERE token IS NOT NULL;
CREATE INDEX members_here ON members (room, since) WHERE here = 1;
CREATE INDEX keys_by_age ON keys (room, at);
CREATE INDEX members_muted ON members (room, address) WHERE muted_until IS NOT NULL;
CREATE UNIQUE INDEX links_by_token ON links (token);
CREATE INDEX members_by_folded ON members (room, folded) WHERE folded IS NOT NULL;
COMMIT;
PRAGMA user_version = 5;
