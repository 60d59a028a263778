-- Which member of WeCom's staff a user is: the userid in lower case.
ALTER TABLE access_user ADD COLUMN staff TEXT;
CREATE UNIQUE INDEX access_user_staff ON access_user (staff) WHERE staff IS NOT NULL;
