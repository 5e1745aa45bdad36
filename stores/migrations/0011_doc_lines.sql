-- Where each line of a passage stands in its file, so that a sentence is cited by its own lines and not
-- by those of the passage. Passages kept before have none until their file is read again.

alter table clearway.doc_chunk add column first_lines integer[], add column last_lines integer[];
comment on column clearway.doc_chunk.first_lines is 'For each line of the body, the line of the file it begins on.';
comment on column clearway.doc_chunk.last_lines is 'For each line of the body, the line of the file it ends on.';
