-- The store of a department as somebody chose it: a code, or '' for none. NULL: the store that has the department's name or code.
ALTER TABLE wecom_department ADD COLUMN chosen TEXT;
-- The store of a member of staff, by their departments; '' for none.
ALTER TABLE wecom_staff ADD COLUMN store TEXT NOT NULL DEFAULT '';
UPDATE wecom_staff SET store = COALESCE((SELECT d.store FROM wecom_department d WHERE d.id = wecom_staff.main_department), '');
CREATE INDEX wecom_staff_store ON wecom_staff (store);
