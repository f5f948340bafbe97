"""A pair that really ships: sync, compose, synth, deploy, promote. Its CDK app is a Python script and its function a few
lines, so that a whole deployment, and a kill in it, cost about a second."""

import json
import pathlib
import re
import subprocess
import urllib.request

from cheap_world import ACTION, FINAL, CheapWorld, git

SETTINGS = """
sync:
  components:
    - {from: src, to: lambda/src}
compose:
  folder: lambda
  handlers: [api_handler]
environments:
  local:
    target: local
    cdk-folder: .
"""

APP = '''import json, os, pathlib, shutil
out = pathlib.Path(os.environ["CDK_OUTDIR"])
shutil.copytree("lambda", out / "asset.function")
word = pathlib.Path("lambda/src/word.txt").read_text().strip() if pathlib.Path("lambda/src/word.txt").exists() else "none"
context = json.loads(os.environ["CDK_CONTEXT_JSON"])
template = {
    "Parameters": {"TandemRelease": {"Type": "String", "Default": "none"}},
    "Resources": {
        "F": {"Type": "AWS::Lambda::Function", "Properties": {
            "Code": {"S3Bucket": "assets", "S3Key": "function.zip"}, "Handler": os.environ.get("TANDEM_HANDLER", "api_handler.lambda_handler"),
            "Runtime": "python3.11", "Role": "r", "Environment": {"Variables": {
                "WORD": word, "RELEASE": {"Ref": "TandemRelease"}, "COLOUR": context.get("colour", "none")}}}},
        "P": {"Type": "AWS::Lambda::Permission", "Properties": {"Action": "lambda:InvokeFunction", "FunctionName": {"Ref": "F"},
              "Principal": "apigateway.amazonaws.com"}},
        "A": {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"Name": "h", "ProtocolType": "HTTP"}},
        "I": {"Type": "AWS::ApiGatewayV2::Integration", "Properties": {"ApiId": {"Ref": "A"}, "IntegrationType": "AWS_PROXY",
              "IntegrationUri": {"Fn::GetAtt": ["F", "Arn"]}, "PayloadFormatVersion": "2.0"}},
        "R": {"Type": "AWS::ApiGatewayV2::Route", "Properties": {"ApiId": {"Ref": "A"}, "RouteKey": "GET /health", "Target": {"Fn::Sub": "integrations/${I}"}}},
        "S": {"Type": "AWS::ApiGatewayV2::Stage", "Properties": {"ApiId": {"Ref": "A"}, "StageName": "$default", "AutoDeploy": True}},
    },
    "Outputs": {"Word": {"Value": word}},
}
(out / "Cheap.template.json").write_text(json.dumps(template))
(out / "all.assets.json").write_text(json.dumps({"version": "1", "dockerImages": {}, "files": {"function": {
    "source": {"path": "asset.function", "packaging": "zip"}, "destinations": {"here": {"bucketName": "assets", "objectKey": "function.zip"}}}}}))
(out / "manifest.json").write_text(json.dumps({"version": "55.0.0", "artifacts": {
    "all.assets": {"type": "cdk:asset-manifest", "properties": {"file": "all.assets.json"}},
    "Cheap": {"type": "aws:cloudformation:stack", "environment": "aws://unknown-account/unknown-region",
              "properties": {"templateFile": "Cheap.template.json"}}}}))
'''

HANDLER = '''import json, os, pathlib
CODE = pathlib.Path(__file__).parent / "src" / "word.txt"
def lambda_handler(event, context):
    body = {"code": CODE.read_text().strip() if CODE.exists() else "none", "template": os.environ.get("WORD"), "release": os.environ.get("RELEASE"),
            "colour": os.environ.get("COLOUR"), "handler": "api_handler", "fallback": False, "status": "healthy"}
    return {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": json.dumps(body)}
'''

RELEASE = """Name: release
SchemaVersion: "1.0"
Triggers:
  - Type: PUSH
    Branches: [main]
    FilesChanged: [src/]
Actions:
{test}  Sync:
    Identifier: tandem/sync@v1
    DependsOn: [Test]
    Inputs:
      Sources: [WorkflowSource]
  Deploy:
    Identifier: tandem/start-workflow@v1
    DependsOn: [Sync]
    Configuration:
      Repository: infrastructure
      Workflow: ship
  Report:
    Identifier: tandem/report@v1
    DependsOn: [Deploy]
"""

SHIP = """Name: ship
SchemaVersion: "1.0"
Triggers:
  - Type: PUSH
    Branches: [main]
Actions:
  Detect:
    Identifier: tandem/detect-sync@v1
    Inputs:
      Sources: [WorkflowSource]
  Compose:
    Identifier: tandem/compose@v1
    DependsOn: [Detect]
    Inputs:
      Sources: [WorkflowSource]
  Deploy:
    Identifier: tandem/deploy@v1
    DependsOn: [Compose]
    Environment:
      Name: local
    Inputs:
      Sources: [WorkflowSource]
  Promote:
    Identifier: tandem/promote@v1
    DependsOn: [Deploy]
    Environment:
      Name: local
{after}"""


class ShippingWorld(CheapWorld):
    effectful = ("One", "Two", "Beside", "Test", "After")

    def __init__(self, folder):
        super().__init__(folder)
        self.infrastructure = self.folder / "infrastructure"
        shared = pathlib.Path.home() / ".cache" / "tandem" / "end-to-end"
        shared.mkdir(parents=True, exist_ok=True)
        (self.state / "cache").symlink_to(shared)   # the Python runtime of functions is fetched once
        self.words = 0
        self.shipped = {}    # word -> application commit
        for name, text in {"cdk.json": '{"app": "python3 app.py"}', "app.py": APP, "lambda/api_handler.py": HANDLER, "lambda/requirements.txt": "",
                           ".codecatalyst/workflows/ship.yml": SHIP.format(after=self.step("After", ["Promote"]))}.items():
            file = self.infrastructure / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        git(self.infrastructure, "add", "--all")
        git(self.infrastructure, "commit", "-q", "-m", "The cheapest app")
        git(self.infrastructure, "push", "-q", "origin", "HEAD:refs/heads/main")
        (self.work_tree / ".codecatalyst" / "workflows" / "release.yml").write_text(RELEASE.format(test=self.step("Test", [])))
        (self.work_tree / "requirements.txt").write_text("")
        self.push("Workflow release")

    def settings(self, text):
        text = re.sub(r"(?ms)^(sync|compose|environments):.*?(?=^\S|\Z)", "", text)
        return text + SETTINGS

    def step(self, name, needs):
        return ACTION.format(name=name, port=self.receiver.port, depends=f"    DependsOn: [{', '.join(needs)}]\n" if needs else "", work="true")

    # --- shipping ------------------------------------------------------------------------------------------------

    def ship(self):
        """Pushes a new word. A hook tells the daemon, if there is one; it looks by itself, too."""
        self.words += 1
        word = f"word-{self.words}"
        file = self.work_tree / "src" / "word.txt"
        file.parent.mkdir(exist_ok=True)
        file.write_text(word + "\n")
        self.shipped[word] = self.push(f"Say {word}")
        return word

    def runs_of(self, workflow):
        """The newest of them."""
        return self.ask("runs", limit=12, workflow=workflow).document["runs"]

    def live(self):
        return self.ask("status").document["environments"][0]["live"]

    def answer(self):
        """What a stranger gets from the live address."""
        with urllib.request.urlopen(self.live()["url"] + "/health", timeout=20) as answered:
            return json.loads(answered.read())

    def whole(self):
        """What serves is one release in all its parts, and the one that is said to be live."""
        live, said = self.live(), self.answer()
        assert said["code"] == said["template"], f"code of one release, template of another: {said}"
        assert said["release"] == live["release"]["id"], (said, live)
        assert live["release"]["application"] == self.shipped[said["code"]], (said, live)
        return said["code"]

    def landed(self):
        """Application commit -> commits of the infrastructure's branch that carried it in."""
        out = {}
        for block in git(self.folder / "infrastructure.git", "log", "--format=%H%n%B%x00", "main").split("\0"):
            lines = block.strip().splitlines()
            for line in lines:
                if line.startswith("Tandem-Source: "):
                    out.setdefault(line.split("@")[-1].split()[-1], []).append(lines[0])
        return out

    def statuses(self, repository, commit):
        shown = subprocess.run(["git", "-C", str(self.folder / f"{repository}.git"), "notes", "--ref=tandem", "show", commit], capture_output=True, text=True)
        return json.loads(shown.stdout)["statuses"] if shown.returncode == 0 else []

    def check_shipping(self, newest=60):
        """The invariants of a pair whose runs have all ended, as far back as is asked for."""
        self.whole()
        runs = {run["id"]: run for run in self.ask("runs", limit=newest).document["runs"]}
        assert all(run["status"] in FINAL for run in runs.values())
        stack = self.ask("stack").document["stacks"]
        assert stack["candidate"] is None, stack["candidate"]
        deployments = [each for release in self.ask("releases", limit=newest).document["releases"] for each in release["deployments"]]
        live = [each["deployment"] for each in deployments if each["phase"] == "live"]
        assert live == [self.live()["deployment"]], (live, self.live())
        assert len({each["run"] for each in deployments}) == len(deployments), "a run deployed twice"
        for run in runs.values():
            caused = [other for other in runs.values() if other["cause"] == run["id"] and other["workflow"] == "ship"]
            assert len(caused) <= 1, f"{run['id']} started more than one deployment: {caused}"
            if run["workflow"] == "release" and run["status"] == "SUCCEEDED":
                assert caused and caused[0]["status"] == "SUCCEEDED", run
        return runs

    def check(self):
        self.check_shipping(1000)
        super().check()

    def quiet(self):
        """What serves functions belongs to the daemon, and goes with it."""
        self.stop()
        found = self.processes()
        assert self.serve()
        return found
