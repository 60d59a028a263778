// A test of contents: how it stands, what was decided, by which figures; and the choice by hand.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Alert, Popconfirm, Table, Tag } from "antd";
import type * as S from "../api/openapi";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { useErrorText } from "../shell/errors";
import { MayButton, Num } from "../shell/parts";
import { broadcasts as api } from "./calls";

export function TestPanel({ id, test, contents, open }: { id: string; test: S.BroadcastTest; contents: number; open: boolean }) {
  const { t, word } = useI18n();
  const format = useFormat();
  const text = useErrorText();
  const client = useQueryClient();
  const choose = useMutation({ mutationFn: (content: number) => api.choose(id, content), meta: { quiet: true }, onSuccess: () => void client.invalidateQueries({ queryKey: ["messages"] }) });
  const name = (at: number) => t("broadcast.variant", { n: at + 1 });
  const decided = typeof test.winner === "number";
  const numbers = test.numbers;
  const rows = (numbers?.contents ?? []).map((own, at) => ({ ...own, at, against: numbers?.against.find((one) => one.content === at) }));
  const value = (own: number) => (test.goal === "revenue" ? format.money(own) : format.percent(own));
  const says = () => {
    if (decided) return t(`broadcast.test.said.${test.decided_by ? "by_hand" : "by_numbers"}`, { content: name(test.winner ?? 0), when: format.at(test.decided_at), who: test.decided_by ?? "", why: word("broadcast.test.why", test.reason ?? "") });
    if (!open) return t("broadcast.test.over");
    return test.ends_at ? t("broadcast.test.until", { when: format.at(test.ends_at) }) : t("broadcast.test.waits");
  };
  return (
    <div className="panel list">
      <div className="panel-head">{t("broadcast.test.title", { goal: word("broadcast.goal", test.goal), percent: test.percent, hours: test.hours })}</div>
      <Alert type={decided && test.reason === "shown" ? "success" : "info"} showIcon title={says()} />
      {choose.error ? <Alert type="error" showIcon title={text(choose.error)} /> : null}
      {!decided && open ? (
        <div className="row pad">
          {Array.from({ length: contents }, (_, at) => (
            <Popconfirm key={at} title={t("broadcast.test.choose_sure", { content: name(at) })} okText={t("broadcast.test.choose")} cancelText={t("action.cancel")} onConfirm={() => choose.mutate(at)}>
              <MayButton permission="messages.write" size="small" loading={choose.isPending}>{t("broadcast.test.choose_one", { content: name(at) })}</MayButton>
            </Popconfirm>
          ))}
        </div>
      ) : null}
      {rows.length ? (
        <Table
          size="small" pagination={false} rowKey={(row) => row.at} dataSource={rows}
          columns={[
            { title: t("broadcast.content"), render: (_, row) => <>{name(row.at)} {row.at === test.winner ? <Tag color="green">{t("broadcast.test.winner")}</Tag> : null}</> },
            { title: t("messages.people"), align: "right", render: (_, row) => <Num>{format.count(row.people)}</Num> },
            { title: word("broadcast.goal", test.goal), align: "right", render: (_, row) => <Num>{value(row.value)}</Num> },
            { title: t("broadcast.test.p"), align: "right", render: (_, row) => <Num>{row.against?.p == null ? "–" : row.against.p.toFixed(3)}</Num> },
          ]}
        />
      ) : null}
    </div>
  );
}
