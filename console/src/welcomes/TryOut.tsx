// Which welcome would somebody get, and why.
import { CheckCircleFilled, CloseCircleOutlined } from "@ant-design/icons";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Alert, Button, DatePicker, Drawer, Form, Input, Select } from "antd";
import dayjs, { type Dayjs } from "dayjs";
import { useState } from "react";
import { home, wecom } from "../api/calls";
import { keys } from "../api/keys";
import { useI18n } from "../i18n";
import { useErrorText } from "../shell/errors";
import { usePhone, useSettled } from "../shell/parts";
import { welcomes as api } from "./calls";
import type { Tried } from "./shapes";

export function TryOut({ open, onClose }: { open: boolean; onClose: () => void }) {
  const { t } = useI18n();
  const phone = usePhone();
  return <Drawer open={open} onClose={onClose} size={phone ? "100%" : 560} title={t("welcomes.try")} destroyOnHidden><Body /></Drawer>;
}

function Body() {
  const { t } = useI18n();
  const text = useErrorText();
  const [typed, type] = useState("");
  const q = useSettled(typed.trim());
  const [person, setPerson] = useState<string>();
  const [staff, setStaff] = useState<string>();
  const [channel, setChannel] = useState("");
  const [at, setAt] = useState<Dayjs | null>(null);
  const found = useQuery({ queryKey: keys.search(q), queryFn: ({ signal }) => home.search(q, signal), enabled: q.length > 0 });
  const members = useQuery({ queryKey: keys.wecomPart("staff", { serving: true, limit: 200 }), queryFn: () => wecom.staff({ serving: true, limit: 200 }), staleTime: 60_000 });
  const chosen = staff ?? members.data?.items[0]?.userid;
  const test = useMutation({ meta: { quiet: true }, mutationFn: () => api.test({ person: person ?? null, staff: chosen ?? "", channel: channel.trim(), at: at ? at.toISOString() : null }) });
  const hits = (found.data?.items ?? []).filter((hit) => hit.type === "person");
  return (
    <Form layout="vertical" onFinish={() => test.mutate()}>
      <p className="muted gap-below">{t("welcomes.try_hint")}</p>
      <Form.Item label={t("welcomes.try_person")} extra={t("welcomes.try_person_hint")}>
        <Select
          allowClear showSearch={{ filterOption: false, onSearch: type }} className="full" placeholder={t("welcomes.try_stranger")} value={person} onChange={(id?: string) => setPerson(id)} loading={found.isFetching}
          options={hits.map((hit) => ({ value: hit.id, label: [hit.title, hit.subtitle].filter(Boolean).join(" · ") }))} notFoundContent={null} aria-label={t("welcomes.try_person")}
        />
      </Form.Item>
      <div className="halves">
        <Form.Item label={t("welcomes.try_staff")}>
          <Select className="full" showSearch={{ optionFilterProp: "label" }} value={chosen} onChange={setStaff} options={members.data?.items.map((own) => ({ value: own.userid, label: own.name || own.userid }))} aria-label={t("welcomes.try_staff")} />
        </Form.Item>
        <Form.Item label={t("welcomes.channel")}><Input value={channel} onChange={(event) => setChannel(event.target.value)} placeholder={t("welcomes.no_channel")} maxLength={64} /></Form.Item>
        <Form.Item label={t("welcomes.at")}><DatePicker className="full" showTime={{ format: "HH:mm", defaultValue: dayjs() }} value={at} onChange={setAt} placeholder={t("welcomes.now")} /></Form.Item>
      </div>
      <Button type="primary" htmlType="submit" loading={test.isPending} disabled={!chosen}>{t("welcomes.try_run")}</Button>
      {test.error ? <Alert type="error" showIcon title={text(test.error)} className="gap-above" /> : null}
      {test.data ? <Answer tried={test.data} /> : null}
    </Form>
  );
}

function Answer({ tried }: { tried: Tried }) {
  const { t, word } = useI18n();
  const history = tried.history.map((own) => word("welcomes.history", own)).join(t("welcomes.say.or"));
  return (
    <div className="stack tight gap-above">
      <Alert
        type={tried.welcome ? "success" : "warning"} showIcon
        title={tried.welcome ? t(tried.silent ? "welcomes.try_silent" : "welcomes.try_gets", { name: tried.name ?? "" }) : t("welcomes.try_none")}
        description={t("welcomes.try_known", { history })}
      />
      <ol className="steps">
        {tried.steps.map((step) => (
          <li key={step.welcome} className={step.fits ? "good" : "muted"}>
            {step.fits ? <CheckCircleFilled /> : <CloseCircleOutlined />} <b className="plain">{step.name}</b> <span className="small">{word("welcomes.because", step.because)}</span>
          </li>
        ))}
      </ol>
      {tried.shown?.text ? <div className="bubble tried">{tried.shown.text}</div> : null}
      {tried.shown?.links.map((link, at) => <div key={at} className="bubble tried"><b className="plain">{link.title}</b><div className="muted small break">{link.address}</div></div>)}
    </div>
  );
}
