"""The floor: the bytes and headers of one answer, sent by granian with this site's options and nothing else behind it."""

import os
import pickle
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

if __name__ == "__main__":
    from trustsite.serve import server

    os.environ["SAME_BYTES"] = sys.argv[2]
    server("127.0.0.1", int(sys.argv[1]), 2, application="bench.same_bytes:application").serve()
else:
    HEADERS, BODY = pickle.loads(Path(os.environ["SAME_BYTES"]).read_bytes())

    async def application(scope: Any, protocol: Any) -> None:
        protocol.response_bytes(200, HEADERS, BODY)
