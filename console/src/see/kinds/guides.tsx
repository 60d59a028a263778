import { useI18n } from "../../i18n";
import { define, type ViewProps } from "../kind";
import { Ranking } from "../Ranking";
import type { RankResult, RankSpec } from "../shapes";

function View(props: ViewProps<RankSpec, RankResult>) {
  const { t } = useI18n();
  return <Ranking {...props} title={t("see.guides")} />;
}

export default define<RankSpec, RankResult>({ fallback: {}, by: "none", span: true, compare: true, View, isEmpty: (result) => result.rows.every((row) => row.key === null) });
