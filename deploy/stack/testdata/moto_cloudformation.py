"""Moto's server, with what its CloudFormation lacks for the commands in the documents:

- it makes no secrets, and then refuses the policies that name one;
- it runs the function in a container, which the tests of its life do without one;
- it gives a stack of a stack set only the parameters that are overridden.

What it lacks besides, it passes over: schedules, alarms, the policy of the secret and of the queue, the invoke configuration.
"""

from moto.awslambda.models import LambdaFunction
from moto.cloudformation.custom_model import CustomModel
from moto.cloudformation.models import StackInstances
from moto.core.common_models import CloudFormationModel
from moto.secretsmanager.models import secretsmanager_backends
from moto.server import main


class Secret(CloudFormationModel):
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


LambdaFunction.invoke = lambda self, *_: None
CustomModel.is_created = lambda self: True

create_instances = StackInstances.create_instances


def create_with_all_parameters(self, accounts, regions, parameters, *rest, **more):
    every = {p["ParameterKey"]: p["ParameterValue"] for p in self.parameters}
    every.update({p["ParameterKey"]: p["ParameterValue"] for p in parameters or []})
    parameters = [{"ParameterKey": key, "ParameterValue": value} for key, value in every.items()]
    return create_instances(self, accounts, regions, parameters, *rest, **more)


StackInstances.create_instances = create_with_all_parameters

main()
