-- Sealed. They outlive the uploaded file, which is deleted once it is in.
ALTER TABLE import_job ADD COLUMN columns BLOB;
