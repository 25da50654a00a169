/** An address that leads nowhere. */
import { Empty } from "../widgets/states";

export const NotHere = ({ path, start }: { path: string; start: string }) => (
  <Empty title="No such page">
    <p>
      <bdi class="mono">{path}</bdi> is not a page of clew. <a href="./">{start}</a> is.
    </p>
  </Empty>
);
