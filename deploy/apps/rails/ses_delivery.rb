# Delivers Action Mailer's mail through Amazon SES with the credential in a secret. In an initializer:
#
#   ActionMailer::Base.add_delivery_method :ses, SesDelivery, secret_id: "the secret's name or ARN"
#
# and in the configuration: config.action_mailer.delivery_method = :ses
#
# An ARN is read in its own Region, and a name in the process's. It needs the gem
# aws-sdk-secretsmanager, and secretsmanager:GetSecretValue on the secret.
require "json"
require "mail"

class SesDelivery
  # The secret's value, for the whole process: read again every few minutes, and at once when SES refuses it.
  class Credential
    def initialize(secret_id, client, refresh_every)
      @secret_id, @client, @refresh_every = secret_id, client, refresh_every
      @mutex = Mutex.new
    end

    # Returns the value. If Secrets Manager fails, it is the last one.
    def get
      @mutex.synchronize do
        begin
          read if @value.nil? || Time.now >= @due
        rescue StandardError => error
          raise if @value.nil?
          warn "can't read the SMTP credential; still using the last one: #{error.message}"
          @due = Time.now + 10
        end
        @value
      end
    end

    # Returns the new value after SES refused this one, or nil if the secret still has this one.
    def after_refusal(value)
      @mutex.synchronize do
        read if @value == value # otherwise another thread has already read it again
        @value unless @value == value
      end
    end

    private

    def read
      answer = @client.get_secret_value(secret_id: @secret_id, version_stage: "AWSCURRENT")
      value = JSON.parse(answer.secret_string)
      missing = %w[username password host port].reject { |name| value[name] }
      raise "the secret #{@secret_id} has no #{missing.join(", ")}: is there a first credential yet?" if missing.any?
      @value = value
      @due = Time.now + @refresh_every * rand(0.9..1.1)
    end
  end

  IMPLICIT_TLS_PORTS = [465, 2465] # on all others, SES starts in the clear and switches to TLS with STARTTLS

  @credentials = {}
  @mutex = Mutex.new

  # Returns the secret's one Credential: Action Mailer makes a SesDelivery for each mail.
  def self.credential(settings)
    @mutex.synchronize do
      @credentials[settings[:secret_id]] ||= begin
        client = settings[:client] || Aws::SecretsManager::Client.new(http_open_timeout: 3, http_read_timeout: 5, **place(settings[:secret_id]))
        Credential.new(settings[:secret_id], client, settings[:refresh_every] || 300)
      end
    end
  end

  ARN = %r{\Aarn:(aws[a-z-]*):secretsmanager:([a-z]+(?:-[a-z]+)+-\d+):\d{12}:secret:[\w/+=.@!-]+\z}

  # Returns the Region in a secret's ARN, because no client follows an ARN to another Region. A name
  # is looked up in the process's Region.
  def self.place(secret_id)
    return {} unless secret_id.include?(":") # which no name has
    region = secret_id[ARN, 2]
    if region.nil? || (secret_id[ARN, 1] == "aws") != partition(region).nil? # not quoted: it may be a password
      raise ArgumentError, "the secret's ID has a colon but isn't the ARN of a secret; give its name or its ARN, " \
        "such as arn:aws:secretsmanager:eu-west-1:111122223333:secret:mail-AbCdEf"
    end
    ours = ENV["AWS_REGION"] || ENV["AWS_DEFAULT_REGION"] || region
    if partition(ours) != partition(region)
      raise ArgumentError, "the secret's ARN is of Region #{region}, in another partition of AWS than this process's Region #{ours}"
    end
    { region: region }
  end

  # Regions with these prefixes are in partitions with credentials of their own.
  def self.partition(region)
    region[/\A(cn|eusc|us-gov|us-iso[a-z]*|eu-iso[a-z]*)-/, 1]
  end
  private_class_method :place, :partition

  attr_reader :settings

  def initialize(settings)
    @settings = settings
  end

  def deliver!(mail)
    credential = self.class.credential(settings)
    value = credential.get
    begin
      transmit(value, mail)
    rescue Net::ProtocolError => error # if it is a refusal, nothing of this mail has been sent
      fresh = credential.after_refusal(value) if error.message.start_with?("535")
      raise if fresh.nil?
      transmit(fresh, mail)
    end
  end

  private

  def transmit(value, mail)
    port = value["port"].to_i
    implicit = IMPLICIT_TLS_PORTS.include?(port)
    Mail::SMTP.new(
      address: value["host"], port: port, user_name: value["username"], password: value["password"], authentication: :plain,
      tls: implicit, enable_starttls: !implicit, enable_starttls_auto: false, openssl_verify_mode: OpenSSL::SSL::VERIFY_PEER,
      open_timeout: 10, read_timeout: 30
    ).deliver!(mail)
  end
end
