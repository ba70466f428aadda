"""Each directory with a steps.sh is a test; run.sh says what it is made of."""
import os

import lit.formats
import lit.Test
import lit.util


class ScenarioFormat(lit.formats.TestFormat):
    def getTestsInDirectory(self, suite, path, lit_config, local_config):
        source = suite.getSourcePath(path)
        for name in sorted(os.listdir(source)):
            if os.path.exists(os.path.join(source, name, "steps.sh")):
                yield lit.Test.Test(suite, path + (name,), local_config)

    def execute(self, test, lit_config):
        if not {"initd", "initctl"} <= set(test.config.available_features):
            return lit.Test.UNSUPPORTED, "the daemon was not built"
        directory = test.getSourcePath()
        bin_dir = test.config.starton_bin_dir
        environment = dict(os.environ, INITD=os.path.join(bin_dir, "initd"),
                           INITCTL=os.path.join(bin_dir, "initctl"))
        out, err, code = lit.util.executeCommand(
            ["timeout", "100", "sh", os.path.join(os.path.dirname(directory), "run.sh"), directory],
            env=environment)
        if code == 0 and out.startswith("skip"):
            return lit.Test.UNSUPPORTED, out
        return (lit.Test.PASS, "") if code == 0 else (lit.Test.FAIL, out + err)
