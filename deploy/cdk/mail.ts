// A stack with the credential, and a role that reads it. The template is the one that everybody deploys. What is set here takes
// the place of its parameters; all others stay parameters of the stack, with their defaults.
import * as path from "node:path";
import { App, CfnOutput, Stack, StackProps, Token, Validations } from "aws-cdk-lib";
import { Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Asset } from "aws-cdk-lib/aws-s3-assets";
import { Secret } from "aws-cdk-lib/aws-secretsmanager";
import { CfnInclude } from "aws-cdk-lib/cloudformation-include";
import { Construct } from "constructs";

// Where deploy/build.sh puts function.zip and template.yaml, or where a release's are, which have other names.
const built = path.join("..", "..", ".build");

class Mail extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);
    const code = new Asset(this, "Code", { path: path.join(built, "function.zip") });
    const rotator = new CfnInclude(this, "Rotator", {
      templateFile: path.join(built, "template.yaml"),
      parameters: {
        CodeBucket: code.s3BucketName,
        CodeKey: code.s3ObjectKey,
        IdentityArns: [this.formatArn({ service: "ses", resource: "identity", resourceName: "example.com" })],
        RotationInterval: "14d",
      },
    });

    const arn = Token.asString(rotator.getOutput("SecretArn").value);
    const secret = Secret.fromSecretCompleteArn(this, "Credential", arn);
    const task = new Role(this, "Task", { assumedBy: new ServicePrincipal("ecs-tasks.amazonaws.com") });
    secret.grantRead(task);
    new CfnOutput(this, "TaskRoleArn", { value: task.roleArn });

    this.acknowledge(rotator);
  }

  // CDK checks a template without knowing what its conditions mean. New projects take what it finds for errors.
  private acknowledge(rotator: CfnInclude) {
    const of = (id: string, reason: string) => ({ id: `CloudFormation-Validate::${id}`, reason });
    const subnets = "SubnetIds and SecurityGroupIds are used only if they are given";
    Validations.of(rotator).acknowledge(of("F3031", subnets), of("E1150", subnets));
    Validations.of(this).acknowledge(
      of("W1001", "the outputs name the secret and the user only if the stack makes them"),
      of("W2509", "SecretKeys and ExistingSecretArn are names, and no secrets"),
      of("W8003", "CodeKey is given above"),
    );
  }
}

new Mail(new App(), "mail");
