"""Write the list of the catalogue's endpoints anew."""

import json
import sys
from pathlib import Path

from tests.api.access import FILE, listed

routes = listed(json.loads(Path(sys.argv[1]).read_text()))
FILE.write_text(json.dumps(routes, indent=0) + "\n")
