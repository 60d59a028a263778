-- One row: what is pushed to whom. body: JSON.
CREATE TABLE wecom_alert_setting (
  id BIGKEY,
  body TEXT NOT NULL
);

-- A customer that was lost, once for each friendship. identity: customer, member of staff and when the friendship began.
CREATE TABLE wecom_alert (
  id IDENTITY_KEY,
  identity TEXT NOT NULL UNIQUE,
  at BIGINT NOT NULL,
  contact TEXT NOT NULL,
  num BIGINT NOT NULL,
  staff TEXT NOT NULL,
  lost_by TEXT NOT NULL,
  days BIGINT NOT NULL,
  channel TEXT NOT NULL
);
CREATE INDEX wecom_alert_staff ON wecom_alert (staff, id);

-- Whom an alert is pushed to. state: waiting, sending, sent, failed. batch: the message it goes with; a message is repeated with the same alerts.
CREATE TABLE wecom_alert_push (
  alert BIGINT NOT NULL,
  receiver TEXT NOT NULL,
  state TEXT NOT NULL,
  batch BIGINT,
  due_at BIGINT NOT NULL,
  tries BIGINT NOT NULL DEFAULT 0,
  sent_at BIGINT,
  error TEXT,
  PRIMARY KEY (alert, receiver)
) WITHOUT ROWID;
CREATE INDEX wecom_alert_push_due ON wecom_alert_push (due_at, receiver) WHERE state IN ('waiting', 'sending');
