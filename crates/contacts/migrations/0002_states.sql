-- Who came by a state, and stands.
CREATE INDEX wecom_follow_state ON wecom_follow (state, status) WHERE state <> '';
CREATE INDEX wecom_member_state ON wecom_member (state) WHERE state <> '';
