import { keepPreviousData, useQuery, type UseQueryResult } from "@tanstack/react-query";
import { Spin } from "antd";
import { Link } from "react-router";
import type { Rule, RuleField } from "../api/types";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { isComplete } from "../people/rule";
import { useRuleText } from "../people/RulePreview";
import { useErrorText } from "../shell/errors";
import { useSettled } from "../shell/parts";
import { audiences as api } from "./calls";
import type { Preview } from "./shapes";

/** Counts while typing pauses; an unfinished rule is not asked. */
export function usePreview(rule: Rule): UseQueryResult<Preview> {
  const settled = useSettled(rule, 250);
  return useQuery({
    queryKey: ["audience-preview", settled], queryFn: ({ signal }) => api.preview(settled, signal), enabled: isComplete(settled), placeholderData: keepPreviousData, retry: false, staleTime: 10_000,
  });
}

export function LiveCount({ rule, fields, preview }: { rule: Rule; fields: RuleField[]; preview: UseQueryResult<Preview> }) {
  const { t } = useI18n();
  const format = useFormat();
  const text = useErrorText();
  const say = useRuleText(fields);
  if (!isComplete(rule)) return <aside className="panel pad live-count muted">{t("audiences.incomplete")}</aside>;
  if (preview.error) return <aside className="panel pad live-count bad">{text(preview.error)}</aside>;
  const { data } = preview;
  return (
    <aside className="panel pad live-count" aria-live="polite">
      <div className="row"><span className="live-number num">{data ? format.count(data.people) : "…"}</span><span>{t("audiences.fit")}</span>{preview.isFetching ? <Spin size="small" /> : null}</div>
      {data ? <div className="muted small num">{t("audiences.as_of", { at: format.at(data.as_of, true) })} · {t("audiences.took", { n: data.took_ms })}</div> : null}
      <div className="small live-more">{say(rule)}</div>
      {data?.sample.length ? (
        <div className="live-more">
          <div className="muted small">{t("audiences.sample")}</div>
          {data.sample.map((person) => <div key={person.id}><Link to={`/people/${person.id}`} target="_blank">{person.name || person.id}</Link></div>)}
        </div>
      ) : null}
    </aside>
  );
}
