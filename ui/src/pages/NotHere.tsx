/** An address that leads nowhere. */
import { Empty } from "../widgets/states";

export const NotHere = ({ path }: { path: string }) => (
  <Empty title="No such page">
    <p>
      <bdi class="mono">{path}</bdi> is not a page of clew. <a href="./">Search</a> is.
    </p>
  </Empty>
);
