// A journey as a list of days: for programmes that do not branch, without the canvas.
import { ArrowDownOutlined, ArrowUpOutlined, DeleteOutlined, PlusOutlined } from "@ant-design/icons";
import { Button, Dropdown, InputNumber, Select, TimePicker } from "antd";
import dayjs from "dayjs";
import { useI18n } from "../i18n";
import { EmptyHint } from "../shell/parts";
import { NodeHolds } from "./NodeHolds";
import { daysOf, freshStep, STEP_KINDS, type Step, type StepKind } from "./steps";

interface Props { steps: Step[]; onChange: (steps: Step[]) => void; readOnly: boolean; problems: { node?: string | null; message?: string }[] }

export function Programme({ steps, onChange, readOnly, problems }: Props) {
  const { t } = useI18n();
  const days = daysOf(steps);
  const put = (at: number, step: Step) => onChange(steps.map((own, other) => (other === at ? step : own)));
  const swap = (at: number, by: -1 | 1) => {
    const next = [...steps];
    const [one, two] = [next[at], next[at + by]];
    if (!one || !two) return;
    // Each place keeps its day; what is done there changes.
    next[at] = { ...one, node: two.node };
    next[at + by] = { ...two, node: one.node };
    onChange(next);
  };
  return (
    <div className="stack">
      {steps.length === 0 ? <EmptyHint title={t("programme.empty")} /> : null}
      {steps.map((step, at) => {
        const own = problems.filter((problem) => problem.node === step.node.id);
        const act = step.node.do;
        return (
          <section key={step.node.id} className="panel pad programme-step" aria-label={t("programme.day", { n: days[at] ?? 0 })}>
            <div className="row between wrap gap-below">
              <span className="row wrap">
                <b className="num">{t("programme.day", { n: days[at] ?? 0 })}</b>
                <InputNumber size="small" min={0} max={365} disabled={readOnly} value={step.days} prefix={t(at === 0 ? "programme.after_entry" : "programme.after_before")} suffix={t("journeys.days")} onChange={(n) => put(at, { ...step, days: n ?? 0 })} aria-label={t(at === 0 ? "programme.after_entry" : "programme.after_before")} />
                <TimePicker size="small" format="HH:mm" minuteStep={5} disabled={readOnly} value={step.at ? dayjs(`2000-01-01T${step.at}`) : null} placeholder={t("programme.any_time")} onChange={(time) => put(at, { ...step, at: time ? time.format("HH:mm") : undefined })} aria-label={t("programme.time")} />
                {act.type === "task" ? (
                  <Select
                    size="small" disabled={readOnly} value={act.deadline.unit === "day" ? act.deadline.amount : undefined} aria-label={t("programme.deadline")} onChange={(amount: number) => put(at, { ...step, node: { ...step.node, do: { ...act, deadline: { amount, unit: "day" } } } })}
                    options={[1, 2, 3, 5, 7].map((n) => ({ value: n, label: t("programme.within", { n }) }))}
                  />
                ) : null}
              </span>
              {readOnly ? null : (
                <span className="row">
                  <Button type="text" size="small" icon={<ArrowUpOutlined />} disabled={at === 0} aria-label={t("programme.up")} onClick={() => swap(at, -1)} />
                  <Button type="text" size="small" icon={<ArrowDownOutlined />} disabled={at === steps.length - 1} aria-label={t("programme.down")} onClick={() => swap(at, 1)} />
                  <Button type="text" size="small" icon={<DeleteOutlined />} aria-label={t("action.delete")} onClick={() => onChange(steps.filter((_, other) => other !== at))} />
                </span>
              )}
            </div>
            <fieldset disabled={readOnly} className="bare">
              <NodeHolds node={step.node} onChange={(held) => put(at, { ...step, node: { ...step.node, do: { ...act, with: held } } })} />
            </fieldset>
            {own.map((problem, n) => <div key={n} className="wrong small">{problem.message}</div>)}
          </section>
        );
      })}
      {readOnly ? null : (
        <Dropdown menu={{ items: STEP_KINDS.map((kind) => ({ key: kind, label: t(`canvas.kind.${kind}`) })), onClick: ({ key }) => onChange([...steps, freshStep(steps, key as StepKind)]) }}>
          <Button icon={<PlusOutlined />}>{t("programme.add")}</Button>
        </Dropdown>
      )}
    </div>
  );
}
