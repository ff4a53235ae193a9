"""Moto's server, with what its CloudFormation lacks for the commands in the documents:

- it makes no secrets, and then refuses the policies that name one;
- it makes no alarms, and then refuses the dashboard, which names them;
- it joins what is AWS::NoValue as None;
- it wants the two parts of Fn::GetAtt apart, and CDK leaves the dot between them;
- it runs the function in a container, which the tests of its life do without one;
- it deletes a managed policy of a stack and leaves it attached to the user, who then can't be deleted;
- it gives a stack of a stack set only the parameters that are overridden, or fails where none is, and a name that no queue can have.

What it lacks besides, it passes over: schedules, the policy of the queue, the subscription, the invoke configuration.
"""

from moto.awslambda.models import LambdaFunction
from moto.cloudformation import parsing
from moto.cloudformation.custom_model import CustomModel
from moto.cloudformation.models import StackInstances
from moto.core.common_models import CloudFormationModel
from moto.iam.models import IAMBackend
from moto.secretsmanager.models import secretsmanager_backends
from moto.server import main


class Secret(CloudFormationModel):
    __module__ = "moto.secretsmanager.models"  # where moto looks for the service's name

    def __init__(self, arn):
        self.physical_resource_id = arn

    @staticmethod
    def cloudformation_type():
        return "AWS::SecretsManager::Secret"

    @staticmethod
    def cloudformation_name_type():
        return "Name"

    @classmethod
    def create_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs):
        properties = cloudformation_json["Properties"]
        backend = secretsmanager_backends[account_id][region_name]
        backend.create_secret(
            name=resource_name,
            secret_string=properties["SecretString"],
            secret_binary=None,
            description=properties["Description"],
            tags=None,
            kms_key_id=properties.get("KmsKeyId"),
            client_request_token=None,
            replica_regions=[],
            force_overwrite=False,
        )
        return cls(backend.secrets[resource_name].arn)

    @classmethod
    def update_from_cloudformation_json(cls, original_resource, new_resource_name, cloudformation_json, account_id, region_name):
        return original_resource


class Alarm(CloudFormationModel):
    __module__ = "moto.cloudwatch.models"

    def __init__(self, arn):
        self.arn = arn
        self.physical_resource_id = arn.rpartition(":")[2]

    @staticmethod
    def cloudformation_type():
        return "AWS::CloudWatch::Alarm"

    @staticmethod
    def cloudformation_name_type():
        return "AlarmName"

    @classmethod
    def create_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs):
        return cls(f"arn:aws:cloudwatch:{region_name}:{account_id}:alarm:{resource_name}")

    @classmethod
    def update_from_cloudformation_json(cls, original_resource, new_resource_name, cloudformation_json, account_id, region_name):
        return original_resource

    @classmethod
    def has_cfn_attr(cls, attr):
        return attr == "Arn"

    def get_cfn_attribute(self, attribute_name):
        return self.arn


LambdaFunction.invoke = lambda self, *_: None
CustomModel.is_created = lambda self: True

clean_json = parsing.clean_json


def clean_without_no_value(resource_json, resources_map):
    if isinstance(resource_json, dict) and isinstance(resource_json.get("Fn::GetAtt"), str):
        resource_json = {"Fn::GetAtt": resource_json["Fn::GetAtt"].split(".", 1)}
    if isinstance(resource_json, dict) and "Fn::Join" in resource_json:
        delimiter, parts = resource_json["Fn::Join"]
        parts = parsing.clean_json(parts, resources_map)
        return delimiter.join(str(part) for part in parts if part is not None)
    return clean_json(resource_json, resources_map)


parsing.clean_json = clean_without_no_value

generate_resource_name = parsing.generate_resource_name
parsing.generate_resource_name = lambda kind, stack, logical_id: generate_resource_name(kind, stack.replace(":", "-"), logical_id)

delete_user = IAMBackend.delete_user


def delete_user_without_policies(self, user_name):
    self.get_user(user_name).managed_policies.clear()
    return delete_user(self, user_name)


IAMBackend.delete_user = delete_user_without_policies

create_instances = StackInstances.create_instances


def create_with_all_parameters(self, accounts, regions, parameters, *rest, **more):
    every = dict(self.parameters)
    if parameters is not self.parameters:
        every.update({p["ParameterKey"]: p["ParameterValue"] for p in parameters or []})
    parameters = [{"ParameterKey": key, "ParameterValue": value} for key, value in every.items()]
    return create_instances(self, accounts, regions, parameters, *rest, **more)


StackInstances.create_instances = create_with_all_parameters

main()
