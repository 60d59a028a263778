// Whether the best content goes to the rest, and what it is best at.
import { InputNumber, Select, Switch } from "antd";
import { useI18n } from "../i18n";

export interface Test { percent: number; hours: number; goal: string }
export const GOALS = ["bought", "revenue", "lost"];
const PERCENT_ALL_MAX = 90;

/** `goals`: those there are. */
export function TestForm({ test, contents, goals = GOALS, onChange }: { test: Test | null; contents: number; goals?: string[]; onChange: (test: Test | null) => void }) {
  const { t, word } = useI18n();
  const most = Math.max(5, Math.min(50, Math.floor(PERCENT_ALL_MAX / contents)));
  const set = (change: Partial<Test>) => test && onChange({ ...test, ...change });
  return (
    <div className="stack tight">
      <label className="row"><Switch checked={test !== null} onChange={(on) => onChange(on ? { percent: Math.min(15, most), hours: 24, goal: "bought" } : null)} /> <span>{t("broadcast.test.on")}</span></label>
      {test ? (
        <>
          <div className="gate-fields">
            <label className="gate-field"><span className="small muted">{t("broadcast.test.percent")}</span><InputNumber min={5} max={most} precision={0} value={test.percent} onChange={(value) => set({ percent: value ?? 15 })} /></label>
            <label className="gate-field"><span className="small muted">{t("broadcast.test.hours")}</span><InputNumber min={1} max={720} precision={0} value={test.hours} onChange={(value) => set({ hours: value ?? 24 })} /></label>
            <label className="gate-field"><span className="small muted">{t("broadcast.test.goal")}</span><Select aria-label={t("broadcast.test.goal")} value={test.goal} onChange={(goal) => set({ goal })} options={goals.map((goal) => ({ value: goal, label: word("broadcast.goal", goal) }))} /></label>
          </div>
          <p className="muted small">{t("broadcast.test.hint", { n: Math.max(0, 100 - test.percent * contents) })}</p>
        </>
      ) : null}
    </div>
  );
}
