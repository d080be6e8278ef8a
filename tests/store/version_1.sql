-- A project's database as layout version 1 left it, with one coded transcript. Never edited.
BEGIN TRANSACTION;
CREATE TABLE codebook_versions (
  id INTEGER NOT NULL, 
  digest VARCHAR NOT NULL, 
  number INTEGER NOT NULL, 
  json TEXT NOT NULL, 
  added_at DATETIME NOT NULL, 
  note TEXT NOT NULL, 
  PRIMARY KEY (id), 
  UNIQUE (digest), 
  UNIQUE (number)
);
INSERT INTO "codebook_versions" VALUES(1,'c',1,'{}','2024-05-01 00:00:00.000000','');
CREATE TABLE codes (
  id INTEGER NOT NULL, 
  name VARCHAR NOT NULL, 
  PRIMARY KEY (id), 
  UNIQUE (name)
);
INSERT INTO "codes" VALUES(1,'gap');
CREATE TABLE codings (
  id INTEGER NOT NULL, 
  run_key VARCHAR NOT NULL, 
  transcript_id INTEGER NOT NULL, 
  segmentation_id INTEGER NOT NULL, 
  run_id INTEGER, 
  input_digest VARCHAR NOT NULL, 
  code_ids JSON NOT NULL, 
  coded_at DATETIME NOT NULL, 
  PRIMARY KEY (id), 
  UNIQUE (run_key, transcript_id), 
  FOREIGN KEY(transcript_id) REFERENCES transcripts (id) ON DELETE CASCADE, 
  FOREIGN KEY(segmentation_id) REFERENCES segmentations (id) ON DELETE CASCADE, 
  FOREIGN KEY(run_id) REFERENCES runs (id)
);
INSERT INTO "codings" VALUES(1,'key',1,1,1,'628389bbbad18c5365b320f737dcec68b8bffdda67d50f317612635d589efb63','["gap","leap"]','2024-05-01 00:00:00.000000');
CREATE TABLE meta (
  schema_version INTEGER NOT NULL, 
  created_at DATETIME NOT NULL, 
  app_version VARCHAR NOT NULL, 
  PRIMARY KEY (schema_version)
);
INSERT INTO "meta" VALUES(1,'2024-05-01 00:00:00.000000','0.0.1');
CREATE TABLE runs (
  id INTEGER NOT NULL, 
  run_key VARCHAR NOT NULL, 
  status VARCHAR NOT NULL, 
  version VARCHAR NOT NULL, 
  codebook_digest VARCHAR NOT NULL, 
  guide_digest VARCHAR NOT NULL, 
  encoder_digest VARCHAR NOT NULL, 
  segmentation VARCHAR NOT NULL, 
  seed INTEGER NOT NULL, 
  settings JSON NOT NULL, 
  started_at DATETIME NOT NULL, 
  finished_at DATETIME, 
  counts JSON NOT NULL, 
  timings JSON NOT NULL, 
  error TEXT NOT NULL, 
  PRIMARY KEY (id)
);
INSERT INTO "runs" VALUES(1,'key','finished','0.0.1','c','','e','s',0,'{}','2024-05-01 00:00:00.000000','2024-05-01 00:00:00.000000','{"utterances":2}','{}','');
CREATE TABLE scores (
  coding_id INTEGER NOT NULL, 
  utterance_id INTEGER NOT NULL, 
  role VARCHAR NOT NULL, 
  scores BLOB, 
  evidence TEXT NOT NULL, 
  PRIMARY KEY (coding_id, utterance_id), 
  FOREIGN KEY(coding_id) REFERENCES codings (id) ON DELETE CASCADE, 
  FOREIGN KEY(utterance_id) REFERENCES utterances (id) ON DELETE CASCADE
);
INSERT INTO "scores" VALUES(1,1,'interviewer',NULL,'[]');
INSERT INTO "scores" VALUES(1,2,'respondent',X'0000403F0000003F','[[["words","nobody knew",0.5,8,19]]]');
CREATE TABLE segmentations (
  id INTEGER NOT NULL, 
  transcript_id INTEGER NOT NULL, 
  segmentation VARCHAR NOT NULL, 
  layout_digest VARCHAR NOT NULL, 
  PRIMARY KEY (id), 
  UNIQUE (transcript_id, segmentation, layout_digest), 
  FOREIGN KEY(transcript_id) REFERENCES transcripts (id) ON DELETE CASCADE
);
INSERT INTO "segmentations" VALUES(1,1,'s','08446f8bd4c5b5ddc330b430c134cabf61e53134af4079da6cc4617dfc78dc50');
CREATE TABLE speakers (
  id INTEGER NOT NULL, 
  transcript_id INTEGER, 
  name VARCHAR NOT NULL, 
  role VARCHAR NOT NULL, 
  PRIMARY KEY (id), 
  FOREIGN KEY(transcript_id) REFERENCES transcripts (id) ON DELETE CASCADE
);
CREATE TABLE suggestions (
  coding_id INTEGER NOT NULL, 
  utterance_id INTEGER NOT NULL, 
  position INTEGER NOT NULL, 
  code_id INTEGER NOT NULL, 
  score DOUBLE NOT NULL, 
  probability DOUBLE, 
  decision VARCHAR NOT NULL, 
  PRIMARY KEY (coding_id, utterance_id, position), 
  FOREIGN KEY(coding_id, utterance_id) REFERENCES scores (coding_id, utterance_id) ON DELETE CASCADE, 
  FOREIGN KEY(code_id) REFERENCES codes (id)
)
 WITHOUT ROWID

;
INSERT INTO "suggestions" VALUES(1,2,0,1,0.75,NULL,'review');
CREATE TABLE transcripts (
  id INTEGER NOT NULL, 
  name VARCHAR NOT NULL, 
  source VARCHAR NOT NULL, 
  format VARCHAR NOT NULL, 
  language VARCHAR, 
  sha256 VARCHAR NOT NULL, 
  content_sha256 VARCHAR NOT NULL, 
  input_digest VARCHAR NOT NULL, 
  has_units BOOLEAN NOT NULL, 
  n_chars INTEGER NOT NULL, 
  added_at DATETIME NOT NULL, 
  warnings JSON NOT NULL, 
  meta JSON NOT NULL, 
  text TEXT NOT NULL, 
  PRIMARY KEY (id), 
  UNIQUE (name), 
  UNIQUE (content_sha256)
);
INSERT INTO "transcripts" VALUES(1,'anna','anna.txt','txt',NULL,'f00','d7bed91be1bcab0872cb9deb8b7e1210954d36566f98f8ea0e42604e1feb3d80','628389bbbad18c5365b320f737dcec68b8bffdda67d50f317612635d589efb63',0,37,'2024-05-01 00:00:00.000000','[]','{}','INT: Why?
Anna: Because nobody knew.
');
CREATE TABLE turns (
  transcript_id INTEGER NOT NULL, 
  position INTEGER NOT NULL, 
  speaker VARCHAR NOT NULL, 
  role VARCHAR NOT NULL, 
  start_char INTEGER NOT NULL, 
  end_char INTEGER NOT NULL, 
  start_s DOUBLE, 
  end_s DOUBLE, 
  unit_id VARCHAR, 
  meta JSON, 
  PRIMARY KEY (transcript_id, position), 
  FOREIGN KEY(transcript_id) REFERENCES transcripts (id) ON DELETE CASCADE
);
INSERT INTO "turns" VALUES(1,0,'INT','interviewer',5,9,NULL,NULL,NULL,NULL);
INSERT INTO "turns" VALUES(1,1,'Anna','respondent',16,36,NULL,NULL,NULL,NULL);
CREATE TABLE utterances (
  id INTEGER NOT NULL, 
  segmentation_id INTEGER NOT NULL, 
  position INTEGER NOT NULL, 
  name VARCHAR NOT NULL, 
  turn INTEGER NOT NULL, 
  start_char INTEGER NOT NULL, 
  end_char INTEGER NOT NULL, 
  start_s DOUBLE, 
  end_s DOUBLE, 
  backchannel BOOLEAN NOT NULL, 
  meta TEXT NOT NULL, 
  PRIMARY KEY (id), 
  UNIQUE (segmentation_id, position), 
  FOREIGN KEY(segmentation_id) REFERENCES segmentations (id) ON DELETE CASCADE
);
INSERT INTO "utterances" VALUES(1,1,0,'anna:0',0,5,9,NULL,NULL,0,'');
INSERT INTO "utterances" VALUES(2,1,1,'anna:1',1,16,36,NULL,NULL,0,'');
CREATE INDEX ix_transcripts_sha256 ON transcripts (sha256);
CREATE INDEX ix_runs_run_key ON runs (run_key);
CREATE INDEX ix_speakers_transcript_id ON speakers (transcript_id);
CREATE INDEX ix_utterances_name ON utterances (name);
CREATE INDEX ix_codings_segmentation_id ON codings (segmentation_id);
CREATE INDEX ix_codings_transcript_id ON codings (transcript_id);
CREATE INDEX ix_scores_utterance_id ON scores (utterance_id);
CREATE UNIQUE INDEX suggestions_of_code ON suggestions (coding_id, code_id, utterance_id);
COMMIT;
